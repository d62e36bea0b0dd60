import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { s3Client, type S3Rig, s3Rig } from './s3-rig.ts';
import { freePort, startServer } from './server.ts';

const KEYS = { accessKey: 'weedkey', secretKey: 'weedsecret' };

/** Servers of the one process, each with a port for HTTP and one for gRPC. */
const SERVERS = ['master', 'volume', 'filer', 's3'] as const;

/** Starts SeaweedFS with its S3 gateway, on loopback. */
export async function startSeaweedFs(): Promise<S3Rig> {
  const ports = await Promise.all(SERVERS.flatMap(() => [freePort(), freePort()]));
  const portOf = (index: number) => String(ports[index]);
  const access = { ...KEYS, endpoint: `127.0.0.1:${portOf(6)}`, region: 'us-east-1' };
  const client = s3Client(access);
  const server = await startServer({
    rig: 'seaweedfs',
    args: (directory) => {
      writeFileSync(join(directory, 's3.json'), identities());
      mkdirSync(join(directory, 'data'));
      const ownPorts = SERVERS.flatMap((name, i) => [
        `-${name}.port=${portOf(2 * i)}`,
        `-${name}.port.grpc=${portOf(2 * i + 1)}`,
      ]);
      const options =
        `-s3 -ip=127.0.0.1 -ip.bind=127.0.0.1 -master.volumeSizeLimitMB=1024 -volume.max=100` +
        ' -s3.port.iceberg=0 -s3.port.lance=0';
      const places = [
        `-s3.config=${join(directory, 's3.json')}`,
        `-dir=${join(directory, 'data')}`,
        `-filer.localSocket=${join(directory, 'filer.sock')}`,
        `-s3.localSocket=${join(directory, 's3.sock')}`,
      ];
      return ['server', ...options.split(' '), ...places, ...ownPorts];
    },
    // What blobs are encrypted with that ask for it.
    env: { WEED_S3_SSE_KEY: 'weedsse' },
    isReady: () => takesObjects(client),
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    SERVERS.forEach((name, i) =>
      rmSync(`/tmp/seaweedfs-${name}-grpc-${portOf(2 * i + 1)}.sock`, { force: true }),
    );
  };
  return s3Rig(access, client, { ...server, stop });
}

/** It lists buckets seconds before it finds room for the first object. */
async function takesObjects(client: S3Client): Promise<boolean> {
  await client.send(new CreateBucketCommand({ Bucket: 'ready' })).catch(ignoreExisting);
  await client.send(new PutObjectCommand({ Bucket: 'ready', Key: 'ready', Body: 'ready' }));
  return true;
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error) || !error.name.startsWith('BucketAlready')) throw error;
}

function identities(): string {
  const { accessKey, secretKey } = KEYS;
  const actions = ['Admin', 'Read', 'Write', 'List', 'Tagging'];
  return JSON.stringify({ identities: [{ name: 'test', credentials: [{ accessKey, secretKey }], actions }] });
}
