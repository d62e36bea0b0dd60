import { type Cloud, type CloudPlace, json, KINDS } from './cloud.ts';
import { startFakeGcs } from './fake-gcs.ts';

/** Starts fake-gcs-server as a cloud. */
export async function startGcsCloud(): Promise<Cloud> {
  const rig = await startFakeGcs();
  const place = (bucket: string, prefix: string): CloudPlace => ({
    args: ['gcs', `--bucket=${bucket}`, `--prefix=${prefix}`],
    env: { STORAGE_EMULATOR_HOST: rig.endpoint },
  });
  return {
    upstream: new URL(rig.endpoint).host,
    createBucket: (name) => rig.createBucket(name),
    location: (bucket, prefix) => ({ type: 'gcs', config: { bucket, prefix } }),
    env: (endpoint) => ({ STORAGE_EMULATOR_HOST: `http://${endpoint}` }),
    holdfast: place,
    kopia: place,
    kindOf: ({ method, url }) =>
      /\/o\?/.test(url) && method === 'GET' && !url.includes('alt=media') ? 'list' : KINDS[method],
    denied: json(403, 'the caller does not have access to the object', 'forbidden'),
    expired: json(401, 'Invalid Credentials', 'authError'),
    stop: () => rig.stop(),
  };
}
