import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processEnvironment } from '../../packages/repository/src/blob/environment.ts';
import { createGcsStorage } from '../../packages/repository/src/blob/gcs.ts';
import { decodeGcsOptions } from '../../packages/repository/src/blob/gcs-options.ts';
import { describeStorage } from '../../packages/repository/src/testing/storage-conformance.ts';
import { type FakeGcsRig, startFakeGcs } from '../rigs/fake-gcs.ts';
import { findRig, titleForRig } from '../rigs/installed.ts';

describe.skipIf(findRig('fake-gcs-server') === undefined)(titleForRig('fake-gcs-server', 'Google'), () => {
  let rig: FakeGcsRig;
  beforeAll(async () => {
    rig = await startFakeGcs();
    await rig.createBucket('blobs');
  });
  afterAll(() => rig.stop());

  const open = (config: Readonly<Record<string, string>>) => {
    const environment = { ...processEnvironment, env: { STORAGE_EMULATOR_HOST: rig.endpoint } };
    return createGcsStorage(decodeGcsOptions({ bucket: 'blobs', ...config }), 'create', environment);
  };

  let storages = 0;
  // fake-gcs-server locks objects, and does not extend locks.
  describeStorage('Google', () => open({ prefix: `conformance-${storages++}/` }), { lock: true });

  it('says when there is no such bucket', async () => {
    await expect(open({ bucket: 'missing' })).rejects.toMatchObject({ code: 'STORAGE_NOT_FOUND' });
  });
});
