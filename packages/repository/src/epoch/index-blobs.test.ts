import { describe, expect, it } from 'vitest';

import { createMemoryStorage } from '../blob/memory.ts';
import type { BlobId, BlobStorage } from '../blob/storage.ts';
import { repositoryErrorCode } from '../errors.ts';
import type { EpochParameters } from '../format/epoch-parameters.ts';
import { openSealedBlob, sealBlob } from '../sealed/sealed-blob.ts';
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts';
import { createTestCrypto } from '../testing/sealing-crypto.ts';
import type { IndexBlobs } from './index-blobs.ts';
import { decodeCompactionLog } from './legacy.ts';
import { epochMarkerId, watermarkId } from './names.ts';
import { openIndexBlobs } from './open.ts';

const MINUTE_MS = 60_000;
const SESSION = 's0123456789abcdef147';
const SHARDS = ['first', 'second', 'third'].map((text) => Buffer.from(text));
const crypto = createTestCrypto();

const parameters: EpochParameters = {
  enabled: true,
  epochRefreshFrequencyMs: 20 * MINUTE_MS,
  fullCheckpointFrequency: 7,
  cleanupSafetyMarginMs: 240 * MINUTE_MS,
  minEpochDurationMs: 1440 * MINUTE_MS,
  epochAdvanceOnCountThreshold: 20,
  epochAdvanceOnTotalSizeThreshold: 10 << 20,
  deleteParallelism: 4,
  unknown: {},
};

interface Rig {
  readonly clock: FakeClock;
  readonly storage: BlobStorage;
  readonly indexBlobs: IndexBlobs;
  /** Called with the number of each put before it takes effect; 1 is the first. */
  onPut: (number: number) => Promise<void> | void;
  onList: () => void;
  names(): Promise<string[]>;
}

function createRig(enabled = true): Rig {
  const clock = createFakeClock();
  const memory = createMemoryStorage({ clock });
  let puts = 0;
  const rig: Rig = {
    clock,
    storage: memory,
    onPut: () => undefined,
    onList: () => undefined,
    names: async () => (await Array.fromAsync(memory.list(''))).map(({ id }) => id).toSorted(),
    indexBlobs: openIndexBlobs({
      storage: {
        get: (...call) => memory.get(...call),
        getMetadata: (...call) => memory.getMetadata(...call),
        delete: (...call) => memory.delete(...call),
        list: (...call) => {
          rig.onList();
          return memory.list(...call);
        },
        put: async (...call) => {
          await rig.onPut(++puts);
          await memory.put(...call);
        },
      },
      crypto,
      clock,
      epochParameters: { ...parameters, enabled },
    }),
  };
  return rig;
}

async function beginEpoch(rig: Rig, epoch: number): Promise<void> {
  await rig.storage.put(epochMarkerId(epoch), [Buffer.from('epoch-marker')]);
}

async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return 'no error';
  } catch (error) {
    return repositoryErrorCode(error) ?? String(error);
  }
}

describe('index blobs with epochs', () => {
  it('are found once written, sealed, in the current epoch', async () => {
    const rig = createRig();
    await beginEpoch(rig, 3);
    const written = await rig.indexBlobs.write(SHARDS, SESSION);
    expect(written.every(({ id }) => /^xn3_[0-9a-f]{32}-s0123456789abcdef147-c3$/.test(id))).toBe(true);
    const { blobs } = await rig.indexBlobs.activeBlobs();
    expect(blobs.toSorted(byId)).toEqual(written.toSorted(byId));
    const plain = await Promise.all(
      written.map(async ({ id }) =>
        Buffer.from(openSealedBlob(id, await rig.storage.get(id), crypto)).toString(),
      ),
    );
    expect(plain.toSorted()).toEqual(['first', 'second', 'third']);
  });

  it('come with the deletion watermark', async () => {
    const rig = createRig();
    await rig.storage.put(watermarkId(77), [new Uint8Array(1)]);
    expect(await rig.indexBlobs.activeBlobs()).toEqual({ blobs: [], deletionWatermarkSeconds: 77 });
  });

  it('are listed anew when the state may be outdated before the write ends', async () => {
    const rig = createRig();
    await rig.indexBlobs.activeBlobs();
    await beginEpoch(rig, 1);
    rig.clock.advance(4 * MINUTE_MS);
    expect((await rig.indexBlobs.write([Buffer.from('a')], SESSION))[0]?.id).toMatch(/^xn0_/);
    await beginEpoch(rig, 2);
    rig.clock.advance(6 * MINUTE_MS);
    expect((await rig.indexBlobs.write([Buffer.from('b')], SESSION))[0]?.id).toMatch(/^xn2_/);
  });

  it('carry on in the same epoch when a slow put outlives the state', async () => {
    const rig = createRig();
    rig.onPut = (number) => {
      if (number === 2) rig.clock.advance(25 * MINUTE_MS);
    };
    const written = await rig.indexBlobs.write(SHARDS, SESSION);
    expect(written.map(({ id }) => id.slice(0, 4))).toEqual(['xn0_', 'xn0_', 'xn0_']);
    expect(await rig.names()).toEqual(written.map(({ id }) => id).toSorted());
  });

  it('all move to a new epoch that begins in between', async () => {
    const rig = createRig();
    rig.onPut = async (number) => {
      if (number !== 2) return;
      rig.clock.advance(25 * MINUTE_MS);
      await beginEpoch(rig, 1);
    };
    const written = await rig.indexBlobs.write(SHARDS, SESSION);
    expect(written.map(({ id }) => id.slice(0, 4))).toEqual(['xn1_', 'xn1_', 'xn1_']);
    expect((await rig.names()).filter((name) => name.startsWith('xn'))).toHaveLength(3);
  });

  it('may end up one epoch behind', async () => {
    const rig = createRig();
    rig.onPut = (number) => (number === 3 ? beginEpoch(rig, 1) : undefined);
    const written = await rig.indexBlobs.write(SHARDS, SESSION);
    expect((await rig.indexBlobs.activeBlobs()).blobs.toSorted(byId)).toEqual(written.toSorted(byId));
  });

  it('are taken back when they end up two epochs behind', async () => {
    const rig = createRig();
    rig.onPut = (number) => (number === 3 ? beginEpoch(rig, 2) : undefined);
    expect(await codeOf(rig.indexBlobs.write(SHARDS, SESSION))).toBe('INDEX_WRITE_TOO_SLOW');
    expect(await rig.names()).toEqual(['xe2']);
    rig.onPut = () => undefined;
    expect((await rig.indexBlobs.write(SHARDS, SESSION))[0]?.id).toMatch(/^xn2_/);
  });

  it('are listed again when listing took longer than the list counts', async () => {
    const rig = createRig();
    let listings = 0;
    rig.onList = () => {
      if (++listings === 1) rig.clock.advance(21 * MINUTE_MS);
    };
    await rig.indexBlobs.activeBlobs();
    expect(listings).toBe(2);
    rig.onList = () => rig.clock.advance(21 * MINUTE_MS);
    expect(await codeOf(rig.indexBlobs.activeBlobs())).toBe('STORAGE_FAILED');
  });
});

describe('index blobs without epochs', () => {
  const putIndex = async (rig: Rig, text: string): Promise<BlobId> => {
    const { id, bytes } = sealBlob('n', Buffer.from(text), '', crypto);
    await rig.storage.put(id, [bytes]);
    return id;
  };
  const putLog = async (rig: Rig, inputs: readonly string[], outputs: readonly string[]): Promise<void> => {
    const metadata = (ids: readonly string[]): unknown[] =>
      ids.map((id) => ({ id, length: 1, timestamp: 'now' }));
    const log = { inputMetadata: metadata(inputs), outputMetadata: metadata(outputs) };
    const { id, bytes } = sealBlob('m', Buffer.from(JSON.stringify(log)), '', crypto);
    await rig.storage.put(id, [bytes]);
  };
  const activeIds = async (rig: Rig): Promise<string[]> =>
    (await rig.indexBlobs.activeBlobs()).blobs.map(({ id }) => id).toSorted();

  it('are found once written', async () => {
    const rig = createRig(false);
    const written = await rig.indexBlobs.write(SHARDS, SESSION);
    expect(written.every(({ id }) => /^n[0-9a-f]{32}-s0123456789abcdef147$/.test(id))).toBe(true);
    expect(await rig.indexBlobs.activeBlobs()).toEqual({ blobs: written, deletionWatermarkSeconds: 0 });
  });

  it('give way to their compaction once all of it is there', async () => {
    const rig = createRig(false);
    const inputs = [await putIndex(rig, 'a'), await putIndex(rig, 'b')];
    const other = await putIndex(rig, 'c');
    const outputs = [await putIndex(rig, 'ab, one half'), await putIndex(rig, 'ab, other half')];
    await putLog(rig, inputs, outputs);
    expect(await activeIds(rig)).toEqual([...outputs, other].toSorted());
    for (const output of outputs.slice(1)) await rig.storage.delete(output);
    expect(await activeIds(rig)).toEqual([...inputs, ...outputs.slice(0, 1), other].toSorted());
  });

  it('follow compactions of compactions', async () => {
    const rig = createRig(false);
    const [a, ab, abc] = [await putIndex(rig, 'a'), await putIndex(rig, 'ab'), await putIndex(rig, 'abc')];
    await putLog(rig, [a], [ab]);
    await putLog(rig, [ab], [abc]);
    expect(await activeIds(rig)).toEqual([abc]);
  });

  it('do not include what an upgrade leaves for old clients', async () => {
    const rig = createRig(false);
    const poison = `n${'0'.repeat(32)}-repository_unreadable_by_this_kopia_version_upgrade_required`;
    await rig.storage.put(poison as BlobId, [Buffer.from('text')]);
    expect(await activeIds(rig)).toEqual([]);
  });

  it('need readable logs', async () => {
    const rig = createRig(false);
    const { id, bytes } = sealBlob('m', Buffer.from('{}'), '', crypto);
    await rig.storage.put(id, [bytes.fill(0, 20)]);
    expect(await codeOf(rig.indexBlobs.activeBlobs())).toBe('CONTENT_CORRUPT');
  });

  it.each(['', 'null', '[', '{"inputMetadata":5}', '{"outputMetadata":[{"id":5}]}'])(
    'refuse the log %s',
    (text) => {
      expect(() => decodeCompactionLog(Buffer.from(text))).toThrow('compaction log');
    },
  );

  it('accept the empty lists that Go writes', () => {
    expect(decodeCompactionLog(Buffer.from('{"inputMetadata":null}'))).toEqual({ inputs: [], outputs: [] });
  });
});

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}
