import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAzureStorage } from '../../packages/repository/src/blob/azure.ts';
import { decodeAzureOptions } from '../../packages/repository/src/blob/azure-options.ts';
import { parseBlobId } from '../../packages/repository/src/blob/blob-id.ts';
import { describeStorage } from '../../packages/repository/src/testing/storage-conformance.ts';
import { type AzuriteRig, startAzurite } from '../rigs/azurite.ts';
import { findRig, titleForRig } from '../rigs/installed.ts';

describe.skipIf(findRig('azurite') === undefined)(titleForRig('azurite', 'Azure'), () => {
  let rig: AzuriteRig;
  beforeAll(async () => {
    rig = await startAzurite();
    await rig.createContainer('blobs');
  });
  afterAll(() => rig.stop());

  const open = (changes: Readonly<Record<string, string>>) =>
    createAzureStorage(decodeAzureOptions({ ...connectionOf(rig), ...changes }), 'create');

  let storages = 0;
  // The SDK takes a backslash for a slash, and Azurite has no immutability.
  const lacks = { names: /\\/, lock: true } as const;
  describeStorage('Azure', () => open({ prefix: `conformance-${storages++}/` }), lacks);

  it('refuses an earlier time, as Azurite keeps no versions', async () => {
    const prefix = 'past/';
    await (await open({ prefix })).put(parseBlobId('kopia.repository'), []);
    const past = open({ prefix, pointInTime: new Date().toISOString() });
    await expect(past).rejects.toMatchObject({ code: 'STORAGE_UNSUPPORTED' });
  });

  it('says what is wrong with the place or the key', async () => {
    await expect(open({ container: 'missing' })).rejects.toMatchObject({ code: 'STORAGE_NOT_FOUND' });
    const wrongKey = Buffer.from('wrong').toString('base64');
    await expect(open({ storageKey: wrongKey })).rejects.toMatchObject({ code: 'STORAGE_DENIED' });
    await expect(open({ storageKey: '' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const nobody = { endpoint: 'http://127.0.0.1:1/a' };
    await expect(open(nobody)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });
});

function connectionOf({ endpoint, account, key }: AzuriteRig) {
  return { container: 'blobs', storageAccount: account, storageKey: key, endpoint };
}
