import { describe, expect, test } from 'vitest';

import { repositoryErrorCode } from '../errors.ts';
import { type ContentClient, createContentRig } from '../testing/content-rig.ts';
import { type ContentId, contentKey, parseContentId } from './content-id.ts';
import { ContentEncoder } from './encoder.ts';
import { IndexFiles } from './index-files.ts';
import { KnownContents } from './known-contents.ts';
import { SegmentPool } from './segments.ts';

const text = (value: string): Uint8Array => Buffer.from(value);
const code = async (work: Promise<unknown>): Promise<string | undefined> =>
  repositoryErrorCode(
    await work.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );

async function read({ store }: ContentClient, id: ContentId): Promise<string> {
  return Buffer.from(await store.read(id)).toString();
}

/** What a worker thread of the client's session would write with. */
function encoderOfThread({ crypto, indexView, writer }: ContentClient): ContentEncoder {
  const { format, segments, known } = writer.memory;
  const pool = new SegmentPool(segments);
  const files = new IndexFiles(1 << 20);
  files.use(indexView.paths);
  return new ContentEncoder({
    format,
    crypto,
    known: new KnownContents(known, files),
    pool,
    acquire: () => pool.acquire(() => undefined),
    deliver: (handoff) => {
      writer.accept(handoff);
      files.use(indexView.paths);
    },
  });
}

describe('writing contents', () => {
  test('makes them readable at once, and visible to others with the flush', async () => {
    using rig = createContentRig();
    const client = await rig.open();
    const id = await client.writer.write('', text('one'), '');
    const named = await client.writer.write('k', text('two'), 'zstd-fastest');
    expect(named).toMatch(/^k[0-9a-f]{32}$/);
    expect(await read(client, id)).toBe('one');
    expect(await read(client, named)).toBe('two');
    expect(await code((await rig.open()).store.read(id))).toBe('CONTENT_NOT_FOUND');
    await client.writer.flush();
    const other = await rig.open();
    expect([await read(other, id), await read(other, named)]).toEqual(['one', 'two']);
    expect([...other.store.list('k')]).toEqual([named]);
  });

  test('stores equal contents once, in one session and across sessions', async () => {
    using rig = createContentRig();
    const client = await rig.open();
    const ids = await Promise.all(['a', 'a', 'b'].map((value) => client.writer.write('', text(value), '')));
    expect(new Set(ids).size).toBe(2);
    await client.writer.flush();
    expect(await client.writer.write('', text('a'), '')).toBe(ids[0]);
    const other = await rig.open();
    await other.writer.write('', text('b'), '');
    await other.writer.flush();
    expect([client.writer.stats.newContents, other.writer.stats.newContents]).toEqual([2, 0]);
    expect(await rig.names('p')).toHaveLength(1);
  });

  test('knows in threads what is stored, before and after so much is new that it looks things up faster', async () => {
    using rig = createContentRig();
    const before = await rig.open();
    const writeAll = async (values: readonly string[]): Promise<void> => {
      for (const value of values) await before.writer.write('', text(value), '');
    };
    const old = Array.from({ length: 50 }, (_, i) => `old ${i}`);
    await writeAll(old);
    await before.writer.flush();
    const client = await rig.open();
    const thread = encoderOfThread(client);
    const added = Array.from({ length: 3000 }, (_, i) => `new ${i}`);
    for (const value of [...old, ...added, ...old]) thread.write('', text(value), '');
    expect(thread.stats.newContents).toBe(3000);
    thread.flush();
    for (const value of [...old, ...added, 'one more', ...old]) thread.write('', text(value), '');
    expect(thread.stats.newContents).toBe(3001);
    thread.flush();
    await client.writer.flush();
    const next = encoderOfThread(client);
    for (const value of [...old, ...added]) next.write('', text(value), '');
    expect(next.stats.newContents).toBe(0);
  });

  test('leaves no marker behind and writes no empty index', async () => {
    using rig = createContentRig();
    const client = await rig.open();
    await client.writer.flush();
    expect(await rig.names()).toEqual([]);
    await client.writer.write('', text('one'), '');
    await client.writer.flush();
    await client.writer.flush();
    expect(await rig.names('s')).toEqual([]);
    expect(await rig.names('x')).toHaveLength(1);
  });

  test('announces the session before its first pack, and the pack before its index', async () => {
    using rig = createContentRig();
    const client = await rig.open();
    await client.writer.write('', text('one'), '');
    await client.writer.flush();
    const changes = client.storage.calls.filter(
      ({ operation }) => operation === 'put' || operation === 'delete',
    );
    expect(changes.map(({ operation, subject }) => `${operation} ${subject[0]}`)).toEqual([
      'put s',
      'put p',
      'put x',
      'delete s',
    ]);
  });

  test('goes on while packs are larger than the pool', async () => {
    using rig = createContentRig();
    const client = await rig.open({ maxPackSize: 100 << 20 });
    const ids: ContentId[] = [];
    for (let i = 0; i < 40; i++) ids.push(await client.writer.write('', new Uint8Array(1 << 20).fill(i), ''));
    await client.writer.flush();
    const other = await rig.open();
    for (const [i, id] of ids.entries()) expect((await other.store.read(id))[77]).toBe(i);
  });

  test('keeps what is written while a flush is under way for the next one', async () => {
    using rig = createContentRig();
    const client = await rig.open();
    await client.writer.write('', text('before'), '');
    const flushed = client.writer.flush();
    const id = await client.writer.write('', text('meanwhile'), '');
    await flushed;
    expect(await read(client, id)).toBe('meanwhile');
    await client.writer.flush();
    expect(await read(await rig.open(), id)).toBe('meanwhile');
  });

  test.each(['zstd-fastest', 's2-default', 'gzip'])(
    'compresses with %s where that helps',
    async (compressor) => {
      using rig = createContentRig();
      const client = await rig.open();
      const id = await client.writer.write('', new Uint8Array(100_000), compressor);
      await client.writer.flush();
      const entry = client.store.find(id);
      expect(entry?.packedLength).toBeLessThan(10_000);
      expect(entry?.originalLength).toBe(100_000);
      const bytes = await (await rig.open()).store.read(id);
      expect(Buffer.alloc(100_000).equals(bytes)).toBe(true);
    },
  );
});

describe('deleted contents', () => {
  test('are marked, stay readable, and are written again when they come back', async () => {
    using rig = createContentRig();
    const client = await rig.open();
    const id = await client.writer.write('', text('one'), '');
    await client.writer.flush();
    client.writer.delete(id);
    await client.writer.flush();
    const other = await rig.open();
    expect(other.store.find(id)?.deleted).toBe(true);
    expect([...other.store.list()]).toEqual([]);
    await other.writer.write('', text('one'), '');
    await other.writer.flush();
    const last = await rig.open();
    expect(last.store.find(id)?.deleted).toBe(false);
    expect(await read(last, id)).toBe('one');
  });

  test('come back also for a client whose clock is behind', async () => {
    using rig = createContentRig();
    const client = await rig.open();
    const id = await client.writer.write('', text('one'), '');
    await client.writer.flush();
    client.writer.delete(id);
    await client.writer.flush();
    const other = await rig.open();
    rig.clock.advance(-3_600_000);
    await other.writer.write('', text('one'), '');
    await other.writer.flush();
    expect((await rig.open()).store.find(id)?.deleted).toBe(false);
  });

  test('stay when they are written again before the flush', async () => {
    using rig = createContentRig();
    const client = await rig.open();
    const id = await client.writer.write('', text('one'), '');
    await client.writer.flush();
    client.writer.delete(id);
    await client.writer.write('', text('one'), '');
    await client.writer.flush();
    expect((await rig.open()).store.find(id)?.deleted).toBe(false);
  });

  test('that nobody knows are passed over', async () => {
    using rig = createContentRig();
    const client = await rig.open();
    const id = await client.writer.write('', text('one'), '');
    client.writer.delete(id);
    await client.writer.flush();
    expect((await rig.open()).store.find(id)?.deleted).toBe(false);
  });
});

describe('rewritten contents', () => {
  test('win over the entry they replace, with its mark', async () => {
    using rig = createContentRig();
    const client = await rig.open();
    const id = await client.writer.write('', text('one'), '');
    await client.writer.flush();
    const before = client.store.find(id);
    expect(before).toBeDefined();
    if (before === undefined) return;
    await client.writer.rewrite('', text('one'), '', before);
    await client.writer.flush();
    const after = (await rig.open()).store.find(id);
    expect(after?.packBlobId).not.toBe(before.packBlobId);
    expect(after?.timestampSeconds).toBeGreaterThan(before.timestampSeconds);
  });
});

describe('a failed flush', () => {
  test.each([
    ['session marker', 1],
    ['pack', 2],
    ['index', 3],
  ])('because of the %s lets nothing more be written', async (_what, nth) => {
    using rig = createContentRig();
    const client = await rig.open();
    client.storage.inject('put', nth, { kind: 'fail-before' });
    await client.writer.write('', text('lost'), '');
    expect(await code(client.writer.flush())).toBe('STORAGE_FAILED');
    const later = (async () => {
      await client.writer.write('', text('lost'), '');
      await client.writer.flush();
    })();
    expect(await code(later)).toBe('STORAGE_FAILED');
  });

  test('loses nothing that was there, whichever call the power goes with', async () => {
    for (let calls = 0; calls < 5; calls++) {
      using rig = createContentRig();
      const first = await rig.open();
      const old = await first.writer.write('', text('old'), '');
      await first.writer.flush();
      const client = await rig.open();
      client.storage.cutPowerAfter(calls);
      const id = await client.writer.write('', text('new'), '');
      const isFlushed = (await code(client.writer.flush())) === undefined;
      const other = await rig.open();
      expect(await read(other, old)).toBe('old');
      if (isFlushed) expect(await read(other, id)).toBe('new');
      await other.writer.write('', text('new'), '');
      await other.writer.flush();
      expect(await read(await rig.open(), id)).toBe('new');
    }
  });
});

describe('damaged contents', () => {
  test.each([
    ['flipped', 'CONTENT_CORRUPT'],
    ['cut off', 'BLOB_RANGE_INVALID'],
    ['gone', 'BLOB_NOT_FOUND'],
  ])('of a pack that is %s are refused with %s', async (damage, expected) => {
    using rig = createContentRig();
    const client = await rig.open();
    const id = await client.writer.write('', new Uint8Array(1000), '');
    await client.writer.flush();
    const entry = client.store.find(id);
    const [pack] = (await Array.fromAsync(rig.inner.list('p'))).map((blob) => blob.id);
    expect(pack).toBe(entry?.packBlobId);
    if (pack === undefined || entry === undefined) return;
    const bytes = await rig.inner.get(pack);
    if (damage === 'flipped') bytes[entry.packOffset + 500] = 1 ^ (bytes[entry.packOffset + 500] ?? 0);
    if (damage === 'gone') await rig.inner.delete(pack);
    else await rig.inner.put(pack, [damage === 'flipped' ? bytes : bytes.subarray(0, entry.packOffset + 9)]);
    expect(await code(client.store.read(id))).toBe(expected);
  });

  test('are told by their name', async () => {
    using rig = createContentRig();
    const client = await rig.open();
    const unknown = parseContentId(`k${'f'.repeat(32)}`);
    expect(await code(client.store.read(unknown))).toBe('CONTENT_NOT_FOUND');
    expect(client.indexView.find(contentKey(parseContentId('k00')))).toBeUndefined();
  });
});
