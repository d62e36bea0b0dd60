import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processEnvironment } from '../../packages/repository/src/blob/environment.ts';
import { createGcsStorage } from '../../packages/repository/src/blob/gcs.ts';
import { decodeGcsOptions } from '../../packages/repository/src/blob/gcs-options.ts';
import { parseBlobId } from '../../packages/repository/src/blob/blob-id.ts';
import type { BlobId } from '../../packages/repository/src/blob/storage.ts';
import { withRetry } from '../../packages/repository/src/blob/retry.ts';
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
  // The first request after an answer that was not read to its end finds its connection closed, and is tried again.
  const openAsUsed = async () =>
    withRetry(await open({ prefix: `conformance-${storages++}/` }), processEnvironment);
  describeStorage('Google', openAsUsed, { lock: true });

  it('shows a bucket as of an earlier time', async () => {
    await rig.createBucket('versions', { versioned: true });
    const bucket = { bucket: 'versions', prefix: 'past/' };
    const [p1, p2, q1] = ['p1', 'p2', 'q1'].map(parseBlobId) as [BlobId, BlobId, BlobId];
    const storage = await open(bucket);
    await storage.put(p1, [Buffer.from('old')]);
    await storage.put(q1, [Buffer.from('only then')]);
    await processEnvironment.clock.sleep(20);
    const pointInTime = new Date(processEnvironment.clock.nowMs()).toISOString();
    await processEnvironment.clock.sleep(20);
    await storage.put(p1, [Buffer.from('newer')]);
    await storage.delete(q1);
    await storage.put(p2, []);
    const past = await open({ ...bucket, pointInTime });
    expect((await Array.fromAsync(past.list(''))).map(({ id, length }) => [id, length])).toEqual([
      [p1, 3],
      [q1, 9],
    ]);
    expect(Buffer.from(await past.get(p1, { offset: 1, length: 2 })).toString()).toBe('ld');
    expect(await past.getMetadata(q1)).toMatchObject({ length: 9 });
    await expect(past.get(p2)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
    await expect(past.put(p1, [])).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
    await expect(open({ pointInTime })).rejects.toMatchObject({ code: 'STORAGE_UNSUPPORTED' });
  });

  it('gives Node nothing to warn of', async () => {
    const warnings: string[] = [];
    const warned = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', warned);
    const storage = await open({ prefix: 'warnings/' });
    const id = parseBlobId('p1');
    await storage.put(id, [Buffer.alloc(100_000, 'abc')]);
    for (let i = 0; i < 100; i++) await storage.get(id, { offset: i, length: 50_000 });
    await processEnvironment.clock.sleep(0);
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });

  it('says when there is no such bucket', async () => {
    await expect(open({ bucket: 'missing' })).rejects.toMatchObject({ code: 'STORAGE_NOT_FOUND' });
  });
});
