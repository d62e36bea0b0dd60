import {
  CreateBucketCommand,
  ListBucketsCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { RunningServer } from './server.ts';

/** A running object store that speaks S3. */
export interface S3Rig {
  /** Host and port. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  /** Makes a bucket. */
  createBucket(
    name: string,
    options?: { readonly versioned?: boolean; readonly lock?: boolean },
  ): Promise<void>;
  /** The vendor's client, for what the driver doesn't do. */
  readonly client: S3Client;
  stop(): Promise<void>;
}

/** What a server needs to be one. */
export type S3Access = Pick<S3Rig, 'endpoint' | 'accessKey' | 'secretKey' | 'region'>;

/** A client with these credentials. */
export function s3Client(access: S3Access): S3Client {
  return new S3Client({
    endpoint: `http://${access.endpoint}`,
    region: access.region,
    credentials: { accessKeyId: access.accessKey, secretAccessKey: access.secretKey },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

/** Whether requests with these credentials are served. */
export async function servesS3(client: S3Client): Promise<boolean> {
  await client.send(new ListBucketsCommand({}));
  return true;
}

/** The rig of a server that serves. */
export function s3Rig(access: S3Access, client: S3Client, server: RunningServer): S3Rig {
  return {
    ...access,
    client,
    async createBucket(name, { versioned = false, lock = false } = {}) {
      await client.send(
        new CreateBucketCommand({ Bucket: name, ...(lock && { ObjectLockEnabledForBucket: true }) }),
      );
      if (!versioned) return;
      const VersioningConfiguration = { Status: 'Enabled' } as const;
      await client.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration }));
    },
    async stop() {
      client.destroy();
      await server.stop();
    },
  };
}

/** The `config` of a connection to one of the rig's buckets. */
export function s3Connection(rig: S3Access, bucket: string): Readonly<Record<string, unknown>> {
  return {
    bucket,
    endpoint: rig.endpoint,
    region: rig.region,
    doNotUseTLS: true,
    accessKeyID: rig.accessKey,
    secretAccessKey: rig.secretKey,
  };
}
