import { describe, expect, it } from 'vitest';
import { collect } from './collect.ts';
import { parseBlobId } from '../blob/blob-id.ts';
import { createMemoryStorage } from '../blob/memory.ts';
import type { BlobStorage } from '../blob/storage.ts';
import { createFakeClock } from './fake-clock.ts';
import { createFaultyStorage, type FaultyStorage } from './faulty-storage.ts';
import { describeStorage } from './storage-conformance.ts';

const id = parseBlobId('p1');
const failed = { code: 'STORAGE_FAILED' };

describeStorage('faulty storage without faults', () => Promise.resolve(rig().faulty));

function rig(): { inner: BlobStorage; faulty: FaultyStorage } {
  const inner = createMemoryStorage({ clock: createFakeClock() });
  return { inner, faulty: createFaultyStorage(inner) };
}

async function textOf(storage: BlobStorage): Promise<string> {
  return Buffer.from(await storage.get(id)).toString();
}

describe('a planned fault', () => {
  it('hits only the nth call of its operation, before or after the effect', async () => {
    const { inner, faulty } = rig();
    faulty.inject('put', 2, { kind: 'fail-before' });
    faulty.inject('put', 3, { kind: 'fail-after' });
    await faulty.put(id, [Buffer.from('1')]);
    await expect(faulty.put(id, [Buffer.from('2')])).rejects.toMatchObject(failed);
    expect(await textOf(inner)).toBe('1');
    await expect(faulty.put(id, [Buffer.from('3')])).rejects.toMatchObject(failed);
    expect(await textOf(inner)).toBe('3');
    await faulty.put(id, [Buffer.from('4')]);
    faulty.inject('put', 1, { kind: 'fail-before', error: new Error('mine') });
    await expect(faulty.put(id, [])).rejects.toThrow('mine');
  });

  it('truncates what is read or stored, silently', async () => {
    const { inner, faulty } = rig();
    faulty.inject('put', 1, { kind: 'truncate', keep: 4 });
    faulty.inject('get', 1, { kind: 'truncate', keep: 2 });
    await faulty.put(id, [Buffer.from('abc'), Buffer.from('def')]);
    expect(await textOf(inner)).toBe('abcd');
    expect(await textOf(faulty)).toBe('ab');
    expect(await textOf(faulty)).toBe('abcd');
  });

  it('stalls until aborted', async () => {
    const { inner, faulty } = rig();
    faulty.inject('put', 1, { kind: 'stall' });
    const abort = new AbortController();
    const put = faulty.put(id, [], { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(put).rejects.toThrow('enough');
    await expect(inner.get(id)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
  });

  it('ends a listing before its first or after its last blob', async () => {
    const { inner, faulty } = rig();
    await inner.put(id, []);
    faulty.inject('list', 1, { kind: 'fail-before' });
    faulty.inject('list', 2, { kind: 'fail-after' });
    for (const expected of [0, 1]) {
      let count = 0;
      const iterate = async (): Promise<void> => {
        for await (const blob of faulty.list('')) count += blob.id.length / 2;
      };
      await expect(iterate()).rejects.toMatchObject(failed);
      expect(count).toBe(expected);
    }
  });
});

it('cuts the power after the planned number of changes', async () => {
  const { inner, faulty } = rig();
  await faulty.put(id, [Buffer.from('1')]);
  faulty.cutPowerAfter(2);
  await faulty.get(id);
  await faulty.put(id, [Buffer.from('2')]);
  await faulty.put(parseBlobId('p2'), []);
  await expect(faulty.get(id)).rejects.toMatchObject(failed);
  await expect(faulty.put(id, [Buffer.from('3')])).rejects.toMatchObject(failed);
  await expect(faulty.delete(id)).rejects.toMatchObject(failed);
  await expect(collect(faulty.list(''))).rejects.toMatchObject(failed);
  expect(await textOf(inner)).toBe('2');
  expect(await collect(inner.list(''))).toHaveLength(2);
});

it('records the calls', async () => {
  const { faulty } = rig();
  await faulty.put(id, [Buffer.from('abc'), Buffer.from('d')]);
  await faulty.get(id);
  await collect(faulty.list('p'));
  await faulty.delete(id);
  expect(faulty.calls).toEqual([
    { operation: 'put', subject: 'p1', bytes: 4 },
    { operation: 'get', subject: 'p1', bytes: 0 },
    { operation: 'list', subject: 'p', bytes: 0 },
    { operation: 'delete', subject: 'p1', bytes: 0 },
  ]);
});
