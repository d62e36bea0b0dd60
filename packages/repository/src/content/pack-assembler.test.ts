import { createHash } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { createMemoryStorage } from '../blob/memory.ts';
import type { BlobId } from '../blob/storage.ts';
import { repositoryErrorCode } from '../errors.ts';
import { recoverPackEntries } from '../pack/local-index.ts';
import { TEST_FORMAT } from '../testing/content-rig.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import { createFaultyStorage, type FaultyStorage } from '../testing/faulty-storage.ts';
import { createTestCrypto } from '../testing/sealing-crypto.ts';
import type { PackKind } from './handoff.ts';
import { PackAssembler } from './pack-assembler.ts';
import { SegmentWriter } from './segment-writer.ts';
import { SEGMENT_BYTES, SegmentPool } from './segments.ts';

interface Rig {
  readonly storage: FaultyStorage;
  readonly pool: SegmentPool;
  readonly assembler: PackAssembler;
  /** Hands one content over; its stored bytes are all `fill`. */
  add(kind: PackKind, length: number, fill: number, after?: number): void;
  packs(): Promise<BlobId[]>;
}

const crypto = createTestCrypto();
const NOW_SECONDS = Date.UTC(2026, 0, 1) / 1000;

function createRig(maxPackSize = 2 << 20, formatBlobCopy?: Uint8Array): Rig {
  const clock = createFakeClock();
  const storage = createFaultyStorage(createMemoryStorage({ clock }));
  const pool = SegmentPool.create(30 * SEGMENT_BYTES);
  let calls = 0;
  const random = (length: number): Uint8Array =>
    createHash('shake256', { outputLength: length }).update(`${calls++}`).digest();
  const session = { id: 's0123456789abcdef147' };
  const assembler = new PackAssembler({
    storage,
    pool,
    packBytes: 10 * SEGMENT_BYTES,
    clock,
    random,
    crypto,
    formatBlobCopy,
    putOptions: {},
    format: {
      ...TEST_FORMAT,
      maxPackSize,
    },
    session: async () => await Promise.resolve(session),
  });
  const acquire = (): number => pool.tryAcquire() ?? expect.fail('the pool is empty');
  return {
    storage,
    pool,
    assembler,
    add: (kind, length, fill, afterTimestampSeconds = 0) => {
      const writer = new SegmentWriter(kind, pool, acquire, (handoff) => assembler.add(handoff));
      writer.write(new Uint8Array(length).fill(fill));
      const lengths = {
        packedLength: length,
        originalLength: length,
      };
      const record = {
        offset: 0,
        ...lengths,
        compressionHeaderId: 0,
        afterTimestampSeconds,
        deleted: false,
      };
      writer.finish({
        ...record,
        key: keyOf(kind, fill),
      });
      writer.flush();
    },
    packs: async () =>
      (await Array.fromAsync(storage.list('')))
        .map(({ id }) => id)
        .filter((id) => /^[pq]/.test(id))
        .toSorted(),
  };
}

function keyOf(kind: PackKind, fill: number): Uint8Array {
  return Uint8Array.of(kind === 'p' ? 0 : 0x6b, ...new Uint8Array(16).fill(fill));
}

describe('a pack assembler', () => {
  test('stores every content where its entry says, and in the pack its kind belongs to', async () => {
    const rig = createRig();
    rig.add('p', 1000, 1);
    rig.add('q', 2000, 2);
    rig.add('p', 3000, 3);
    rig.assembler.closeOpenPacks();
    await rig.assembler.settle();
    const entries = [...rig.assembler.takeEntries()];
    expect(entries.map(({ key }) => key[1])).toEqual([1, 3, 2]);
    for (const { key, packBlobId, packOffset, packedLength } of entries) {
      expect(packBlobId[0]).toBe(key[0] === 0 ? 'p' : 'q');
      // Pack names are blob names.
      const stored = await rig.storage.get(packBlobId as BlobId, {
        offset: packOffset,
        length: packedLength,
      });
      expect(stored.every((byte) => byte === key[1])).toBe(true);
    }
    expect(await rig.packs()).toHaveLength(2);
  });

  test('ends each pack with entries from which its index can be recovered', async () => {
    const rig = createRig(20 << 20);
    for (let fill = 1; fill < 9; fill++) rig.add('p', 1000 * fill, fill);
    rig.assembler.closeOpenPacks();
    await rig.assembler.settle();
    const entries = [...rig.assembler.takeEntries()];
    const [pack] = await rig.packs();
    expect(pack).toBeDefined();
    expect(pack && (await recoverPackEntries(rig.storage, pack, crypto))).toEqual(entries);
  });

  test('closes a pack that is full and gives its segments back', async () => {
    const rig = createRig();
    for (let fill = 1; fill <= 5; fill++) rig.add('p', SEGMENT_BYTES, fill);
    await rig.assembler.settle();
    expect(await rig.packs()).toHaveLength(2);
    expect(rig.pool.free).toBe(rig.pool.count - 1);
    rig.assembler.closeOpenPacks();
    await rig.assembler.settle();
    expect(rig.pool.free).toBe(rig.pool.count);
  });

  test('never fills the pool, however large packs may be', () => {
    const rig = createRig(100 << 20);
    for (let fill = 1; fill <= 4; fill++) rig.add('p', SEGMENT_BYTES, fill);
    expect(rig.storage.calls.filter(({ operation }) => operation === 'put')).toHaveLength(0);
    expect(rig.pool.free).toBe(rig.pool.count - 4);
    rig.add('p', 10, 5); // what the budget gives a pack is reached: it closes by itself
    expect(rig.pool.count).toBe(30);
  });

  test('begins packs with the format blob where they carry a copy', async () => {
    const copy = Buffer.from('format blob '.repeat(10));
    const rig = createRig(1 << 20, copy);
    rig.add('p', 1000, 1);
    rig.assembler.closeOpenPacks();
    await rig.assembler.settle();
    const [pack] = await rig.packs();
    const bytes = pack && Buffer.from(await rig.storage.get(pack));
    expect(bytes?.subarray(0, 1000).includes(copy)).toBe(true);
    const [entry] = rig.assembler.takeEntries();
    expect(bytes?.[entry?.packOffset ?? 0]).toBe(1);
  });

  test('dates an entry after the one it replaces', async () => {
    const rig = createRig();
    rig.add('p', 10, 1, NOW_SECONDS + 50);
    rig.add('p', 10, 2, NOW_SECONDS - 50);
    rig.assembler.closeOpenPacks();
    await rig.assembler.settle();
    const times = [...rig.assembler.takeEntries()].map(({ timestampSeconds }) => timestampSeconds);
    expect(times).toEqual([NOW_SECONDS + 51, NOW_SECONDS]);
  });

  test('lists a content that came twice once, the later one', async () => {
    const rig = createRig();
    rig.add('p', 10, 1);
    rig.add('p', 20, 1);
    rig.assembler.closeOpenPacks();
    await rig.assembler.settle();
    expect([...rig.assembler.takeEntries()].map(({ packedLength }) => packedLength)).toEqual([20]);
    expect([...rig.assembler.takeEntries()]).toEqual([]);
  });

  test('reads what is pending, closing the pack it is in', async () => {
    const rig = createRig();
    rig.add('p', 100, 1);
    const found = await rig.assembler.readPending(keyOf('p', 1));
    expect(found?.stored).toEqual(new Uint8Array(100).fill(1));
    expect(await rig.assembler.readPending(keyOf('p', 2))).toBeUndefined();
    expect(rig.assembler.pendingCount).toBe(1);
  });

  test('takes nothing more after a pack could not be stored, and keeps no segment', async () => {
    const rig = createRig();
    rig.storage.inject('put', 1, { kind: 'fail-before' });
    rig.add('p', 100, 1);
    rig.assembler.closeOpenPacks();
    const error: unknown = await rig.assembler.settle().catch((thrown: unknown) => thrown);
    expect(repositoryErrorCode(error)).toBe('STORAGE_FAILED');
    expect(() => rig.add('p', 100, 2)).toThrow(/planned fault/);
    expect(rig.pool.free).toBe(rig.pool.count);
    await expect(rig.assembler.settle()).rejects.toThrow(/planned fault/);
  });
});
