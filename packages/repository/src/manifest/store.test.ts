import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../clock.ts';
import { type ContentId, contentIdOf } from '../content/content-id.ts';
import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import { packEntries } from './codec.ts';
import { type ManifestId, parseManifestId } from './manifest-id.ts';
import { type ManifestContents, ManifestStore } from './store.ts';

/** Contents in memory. */
class FakeContents implements ManifestContents {
  readonly stored = new Map<ContentId, Uint8Array>();
  reads = 0;
  writeFails = false;
  /** Called before each read. */
  beforeRead: (id: ContentId) => Promise<void> = async () => {};

  listContents(): Iterable<ContentId> {
    return [...this.stored.keys()];
  }

  async readContent(id: ContentId): Promise<Uint8Array> {
    this.reads++;
    await this.beforeRead(id);
    const bytes = this.stored.get(id);
    if (!bytes) throw new RepositoryError('CONTENT_NOT_FOUND', `no ${id}`);
    return bytes;
  }

  writeContent(prefix: 'm', bytes: Uint8Array): Promise<ContentId> {
    if (this.writeFails) return Promise.reject(new RepositoryError('STORAGE_FULL', 'full'));
    const id = contentIdOf(prefix, createHash('sha256').update(bytes).digest().subarray(0, 16));
    this.stored.set(id, bytes);
    return Promise.resolve(id);
  }

  deleteContents(ids: readonly ContentId[]): Promise<void> {
    for (const id of ids) this.stored.delete(id);
    return Promise.resolve();
  }
}

let contents: FakeContents;
let nowMs: number;
let counter: number;
const clock: Clock = { nowMs: () => nowMs, sleep: () => Promise.resolve() };
const random = (length: number): Uint8Array => new Uint8Array(length).fill(++counter);

beforeEach(() => {
  contents = new FakeContents();
  nowMs = 1_700_000_000_000;
  counter = 0;
});

const open = async (cacheBytes = 1 << 20): Promise<ManifestStore> =>
  await ManifestStore.open({ contents, clock, random, cacheBytes });

const snapshot = (path: string): Record<string, string> => ({ type: 'snapshot', path });

async function addSeveral(count: number): Promise<ManifestId[]> {
  const store = await open();
  const ids: ManifestId[] = [];
  for (let i = 0; i < count; i++) {
    ids.push(store.put(snapshot(`/${i}`), { number: i }));
    await store.flush();
    nowMs++;
  }
  return ids;
}

describe('writing', () => {
  test('a manifest is seen at once by its writer, and after the flush by others', async () => {
    const store = await open();
    const id = store.put(snapshot('/a'), { x: [1, '<'], n: 9223372036854775807n });
    expect(await store.get(id)).toEqual({ x: [1, '<'], n: 9223372036854775807n });
    expect((await open()).find({ type: 'snapshot' })).toEqual([]);
    await store.flush();
    const other = await open();
    expect(other.find({ type: 'snapshot' })).toEqual([
      { id, labels: snapshot('/a'), modifiedNs: 1_700_000_000_000_000_000n, length: 42 },
    ]);
    expect(await other.getText(id)).toBe(String.raw`{"x":[1,"\u003c"],"n":9223372036854775807}`);
    expect(await other.get(id)).toEqual(await store.get(id));
  });

  test('a flush is one content, an empty one is none', async () => {
    const store = await open();
    store.put(snapshot('/a'), {});
    store.put(snapshot('/b'), {});
    await store.flush();
    await store.flush();
    expect(contents.stored.size).toBe(1);
  });

  test('deletion hides at once, and survives', async () => {
    const [id] = await addSeveral(1);
    const store = await open();
    if (id) store.delete(id);
    expect(store.find({})).toEqual([]);
    await store.flush();
    expect(store.find({})).toEqual([]);
    const other = await open();
    expect(other.find({})).toEqual([]);
    await expect(other.get(id ?? absent)).rejects.toMatchObject({ code: 'MANIFEST_NOT_FOUND' });
  });

  test('deletion wins although the clock went back', async () => {
    await addSeveral(1);
    nowMs -= 3_600_000;
    const store = await open();
    for (const { id } of store.find({})) store.delete(id);
    await store.flush();
    expect((await open()).find({})).toEqual([]);
  });

  test('what was never flushed is deleted without a trace', async () => {
    const store = await open();
    store.delete(store.put(snapshot('/a'), {}));
    store.delete(absent);
    await store.flush();
    expect(contents.stored.size).toBe(0);
  });

  test('replacing leaves one', async () => {
    const store = await open();
    store.put({ type: 'policy', policyType: 'global' }, { a: 1 });
    await store.flush();
    const id = store.replace({ type: 'policy', policyType: 'global' }, { a: 2 });
    await store.flush();
    const other = await open();
    expect(other.find({ type: 'policy' }).map((found) => found.id)).toEqual([id]);
    expect(await other.get(id)).toEqual({ a: 2 });
  });

  test('a failed flush keeps the changes', async () => {
    const store = await open();
    const id = store.put(snapshot('/a'), {});
    contents.writeFails = true;
    await expect(store.flush()).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    contents.writeFails = false;
    await store.flush();
    expect((await open()).getMetadata(id).labels).toEqual(snapshot('/a'));
  });
});

const absent = parseManifestId('f'.repeat(32));

describe('compaction', () => {
  test('is due at 16 contents', async () => {
    await addSeveral(15);
    expect((await open()).needsCompaction).toBe(false);
    await addSeveral(1);
    expect((await open()).needsCompaction).toBe(true);
  });

  test('keeps what exists byte for byte, and drops the rest', async () => {
    const ids = await addSeveral(3);
    const foreign =
      '{"id":"00000000000000000000000000000abc","labels":{"type":"new"},"modified":"2020-01-01T00:00:00Z","extra":1,"data":{ "v":1.50 }}';
    await contents.writeContent('m', await packEntries([Buffer.from(foreign)]));
    const store = await open();
    store.delete(ids[1] ?? absent);
    await store.flush();
    const before = store.find({});
    await store.compact();
    expect(contents.stored.size).toBe(1);
    const json = gunzipSync([...contents.stored.values()][0] ?? Buffer.alloc(0)).toString();
    expect(json).toContain(foreign);
    expect(json).not.toContain('deleted');
    for (const reader of [store, await open(0)]) {
      expect(reader.find({})).toEqual(before);
      expect(await reader.get(ids[2] ?? absent)).toEqual({ number: 2 });
      expect(await reader.getText(parseManifestId('abc'.padStart(32, '0')))).toBe('{ "v":1.50 }');
    }
  });

  test('of nothing but deletions leaves nothing', async () => {
    const ids = await addSeveral(2);
    const store = await open();
    ids.forEach((id) => store.delete(id));
    await store.flush();
    await store.compact();
    expect(contents.stored.size).toBe(0);
    expect(store.find({})).toEqual([]);
  });

  test('of one content that stays the same does not delete it', async () => {
    await addSeveral(1);
    await (await open()).compact();
    expect((await open()).find({})).toHaveLength(1);
  });
});

describe('another client compacts', () => {
  const compactElsewhere = async (): Promise<void> => {
    contents.beforeRead = async () => {};
    await (await open()).compact();
  };

  test('while this one loads', async () => {
    await addSeveral(3);
    contents.beforeRead = compactElsewhere;
    expect((await open()).find({})).toHaveLength(3);
  });

  test('before this one reads a payload', async () => {
    const ids = await addSeveral(3);
    const store = await open();
    await compactElsewhere();
    expect(await store.get(ids[1] ?? absent)).toEqual({ number: 1 });
  });

  test('before this one does', async () => {
    await addSeveral(3);
    const store = await open();
    await compactElsewhere();
    await store.compact();
    expect((await open()).find({})).toHaveLength(3);
  });

  test('but a content that stays unreadable is reported', async () => {
    await addSeveral(1);
    contents.beforeRead = () => Promise.reject(new RepositoryError('BLOB_NOT_FOUND', 'no pack'));
    await expect(open()).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
    expect(contents.reads).toBe(3);
  });
});

test('payloads of one content are unpacked once while the cache holds it', async () => {
  const writer = await open();
  const ids = ['/a', '/b', '/c'].map((path) => writer.put(snapshot(path), {}));
  await writer.flush();
  const store = await open();
  contents.reads = 0;
  for (const id of ids) await store.get(id);
  expect(contents.reads).toBe(1);
});

test('damage names the content', async () => {
  const id = await contents.writeContent('m', Buffer.from('not gzip'));
  const error: unknown = await open().catch((reason: unknown) => reason);
  expect(repositoryErrorCode(error)).toBe('MANIFEST_CORRUPT');
  expect(error).toMatchObject({ detail: { content: id } });
});
