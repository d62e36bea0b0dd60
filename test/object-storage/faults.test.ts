import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '@holdfast/repository';
import { parseBlobId } from '../../packages/repository/src/blob/blob-id.ts';
import { processEnvironment } from '../../packages/repository/src/blob/environment.ts';
import type { BlobStorage } from '../../packages/repository/src/blob/storage.ts';
import { collect } from '../../packages/repository/src/testing/collect.ts';
import {
  type FaultyProxy,
  type PassingRequest,
  type ProxyFault,
  seededFaults,
  startFaultyProxy,
} from '../rigs/faulty-proxy.ts';
import { findRig, titleForRig } from '../rigs/installed.ts';
import { s3Connection, type S3Rig } from '../rigs/s3-rig.ts';
import { startVersityGw } from '../rigs/versitygw.ts';

const NOISY: readonly ProxyFault[] = [
  'reset-before',
  'reset-after',
  'error-500',
  'slow-down',
  'truncated-body',
  'stalled-body',
  'wrong-length',
];
const SEED = Number(process.env['HOLDFAST_TEST_SEED'] ?? 20_261);
const P1 = parseBlobId('p1');

describe.skipIf(findRig('versitygw') === undefined)(titleForRig('versitygw', 'S3 behind faults'), () => {
  let rig: S3Rig;
  let proxy: FaultyProxy | undefined;
  let storage: BlobStorage | undefined;
  beforeAll(async () => {
    rig = await startVersityGw();
    await rig.createBucket('blobs');
  });
  afterEach(async () => {
    await storage?.close();
    await proxy?.stop();
  });
  afterAll(() => rig.stop());

  /** A storage as a connection opens it, with short limits. */
  const open = async (
    prefix: string,
    faultOf: (request: PassingRequest) => ProxyFault | undefined,
  ): Promise<BlobStorage> => {
    let isOpen = false;
    proxy = await startFaultyProxy({
      upstream: rig.endpoint,
      faultOf: (request) => (isOpen ? faultOf(request) : undefined),
    });
    const config = { ...s3Connection(rig, 'blobs'), endpoint: proxy.endpoint, prefix };
    const environment = { ...processEnvironment, stallMs: 200 };
    storage = await openStorage({ type: 's3', config }, 'create', environment);
    isOpen = true;
    return storage;
  };

  it.each(NOISY)('survives %s', async (fault) => {
    const faults = [fault];
    const blobs = await open(`one-${fault}/`, () => faults.shift());
    await blobs.put(P1, [Buffer.from('0123456789')]);
    faults.push(fault);
    expect(Buffer.from(await blobs.get(P1, { offset: 2, length: 5 })).toString()).toBe('23456');
    faults.push(fault);
    expect(await collect(blobs.list(''))).toHaveLength(1);
    faults.push(fault);
    await blobs.delete(P1);
    await expect(blobs.get(P1)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
  });

  it(`keeps every blob whole while one request in four fails (seed ${SEED})`, async () => {
    const blobs = await open('many/', seededFaults(SEED, 0.25, NOISY));
    const names = Array.from({ length: 60 }, (_, i) => parseBlobId(`p${String(i).padStart(3, '0')}`));
    await Promise.all(names.map((id, i) => blobs.put(id, partsOf(i))));
    const read = await Promise.all(names.map(async (id) => sha256([await blobs.get(id)])));
    expect(read).toEqual(names.map((_, i) => sha256(partsOf(i))));
    expect((await collect(blobs.list(''))).map(({ id }) => id)).toEqual(names);
    expect(proxy?.counts.get('reset-after')).toBeGreaterThan(0);
  });

  it('notices blobs that were taken and not kept', async () => {
    let count = 0;
    const blobs = await open('lost/', ({ method }) =>
      method === 'PUT' && count++ % 2 === 0 ? 'lost-put' : undefined,
    );
    for (const id of [P1, parseBlobId('p2')]) {
      await blobs.put(id, [Buffer.from('abc')]);
      expect(Buffer.from(await blobs.get(id)).toString()).toBe('abc');
    }
    expect(proxy?.counts.get('lost-put')).toBe(2);
  });

  it('stops waiting for a stalled answer when it is aborted', async () => {
    const blobs = await open('abort/', () => 'stalled-body');
    const reason = new Error('the test gave up');
    const abort = new AbortController();
    const get = collect(blobs.list('', { signal: abort.signal }));
    setImmediate(() => abort.abort(reason));
    await expect(get).rejects.toBe(reason);
  });
});

/** Some bytes in some pieces, different for each number. */
function partsOf(seed: number): Uint8Array[] {
  return Array.from({ length: 1 + (seed % 5) }, (_, i) =>
    new Uint8Array(seed * 1000 + i * 37).fill(seed + i),
  );
}

function sha256(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
