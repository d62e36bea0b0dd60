import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { s3Client, type S3Rig, s3Rig, servesS3 } from './s3-rig.ts';
import { freePort, startServer } from './server.ts';

const KEYS = { accessKey: 'versitykey', secretKey: 'versitysecret' };

/** Starts versitygw over a directory, with versions and object lock, on loopback. */
export async function startVersityGw(): Promise<S3Rig> {
  const access = { ...KEYS, endpoint: `127.0.0.1:${await freePort()}`, region: 'us-east-1' };
  const client = s3Client(access);
  const server = await startServer({
    rig: 'versitygw',
    args: (directory) => {
      const [data, versions] = [join(directory, 'data'), join(directory, 'versions')];
      for (const path of [data, versions]) mkdirSync(path);
      return [
        '--port',
        access.endpoint,
        '--access',
        access.accessKey,
        '--secret',
        access.secretKey,
        '--region',
        access.region,
        '--keep-alive',
        '--quiet',
        'posix',
        '--versioning-dir',
        versions,
        data,
      ];
    },
    isReady: () => servesS3(client),
  });
  return s3Rig(access, client, server);
}
