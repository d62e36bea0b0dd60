import { S3Client } from '@aws-sdk/client-s3';
import type { StorageEnvironment } from './environment.ts';
import { requireHttpProxy } from './proxy-url.ts';
import { bucketConnections } from './s3-connections.ts';
import { credentialsOf } from './s3-credentials.ts';
import type { S3Endpoint } from './s3-endpoint.ts';
import type { S3Options } from './s3-options.ts';
import { trustSystemAuthorities } from './trust.ts';

const ignore = (): void => undefined;

/** What the SDK would tell the console comes to us as an error anyway. */
const SILENT = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Where Amazon's names of buckets and regions end. */
const AMAZON = 'https://s3.amazonaws.com';

/** The SDK's client for `endpoint`: one attempt a request, no checksums that other services don't know, connections kept and
 *  bounded in number, proxies as the environment says.
 *  Throws CONFIG_INVALID for a proxy that is of no use. */
export async function createS3Client(
  options: S3Options,
  endpoint: S3Endpoint,
  environment: StorageEnvironment,
): Promise<S3Client> {
  requireHttpProxy(endpoint.url ?? AMAZON, environment.env);
  if (usesTls(options)) trustSystemAuthorities();
  const credentials = await credentialsOf(options, environment);
  return new S3Client({
    ...(endpoint.url !== undefined && { endpoint: endpoint.url }),
    ...(credentials !== undefined && { credentials }),
    region: endpoint.region,
    forcePathStyle: endpoint.addressing === 'path',
    tls: !options.doNotUseTLS,
    requestHandler: bucketConnections(options, environment),
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // A round trip for each blob, to save the upload in the rare case of a refusal.
    expectContinueHeader: false,
    disableClockSkewCorrection: true,
    logger: SILENT,
  });
}

/** Whether the bucket, or whoever gives the credentials, may be reached through TLS. */
function usesTls({ doNotUseTLS, credentials: { accessKeyID, roleARN } }: S3Options): boolean {
  return !doNotUseTLS || accessKeyID === '' || roleARN !== '';
}
