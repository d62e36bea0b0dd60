import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect } from './collect.ts';
import { parseBlobId } from '../blob/blob-id.ts';
import { CONTRACT_CHECKS } from '../blob/contract-checks.ts';
import { concatParts } from '../blob/parts.ts';
import { asRetentionExtender } from '../blob/powers.ts';
import type { BlobId, BlobMetadata, BlobStorage } from '../blob/storage.ts';
import { systemClock } from '../clock.ts';

/** What a service is known not to do, through no fault of its driver. */
export interface KnownLacks {
  /** Blob names that it mistakes for others. */
  readonly names?: RegExp;
  /** Object lock, or its extension, where the driver has it. */
  readonly lock?: true;
}

/** Checks the contract of `BlobStorage` on new, empty storages; each test gets its own and closes it.
 *  Every driver and every wrapper calls this from its test. */
export function describeStorage(
  name: string,
  makeStorage: () => Promise<BlobStorage>,
  lacks: KnownLacks = {},
): void {
  describe(`${name} keeps the storage contract`, () => {
    let current: BlobStorage | undefined;
    beforeEach(async () => {
      current = await makeStorage();
    });
    afterEach(async () => await current?.close());
    const storage = (): BlobStorage => {
      if (current === undefined) throw new Error('no storage was made');
      return current;
    };
    sharedChecks(storage);
    readsAndWrites(storage);
    oddNames(storage, lacks);
    ranges(storage);
    listings(storage);
    concurrency(storage);
    aborts(storage);
    if (lacks.lock !== true) retention(storage);
    it('can be closed twice', async () => {
      await storage().close();
    });
  });
}

type GetStorage = () => BlobStorage;

/** What services are tried for as well, before somebody relies on them. */
function sharedChecks(storage: GetStorage): void {
  it.each(CONTRACT_CHECKS)('%s', async (_, check) => {
    const trial = { storage: storage(), clock: systemClock, call: {}, prefix: '' };
    expect(await check({ ...trial, concurrency: 100, listedBlobs: 700 })).toBeUndefined();
  });
}

const MIB = 1 << 20;
const SHORT = parseBlobId('kopia.repository');
const LONG = parseBlobId('p3b9aa1f05b1c2e2f6f9d1e4e6a8c0b3d-s0123456789abcdef1a4');
/** Names that a path, a URL or a pattern might spoil; those with a dot in front only short, as a sharded storage can't
 *  have a directory called `.`. */
const ODD_STARTS = [
  'a b',
  'a+b',
  'a%2Fb',
  'a%',
  '~a',
  '-a',
  "a'b",
  'a"b',
  'a\\b',
  'a:b',
  'a?b*[c]',
  'a.f',
  '#a',
  '&<a>',
];
const ODD_NAMES = [
  ...ODD_STARTS,
  ...ODD_STARTS.map((start) => `${start} with a long rest, so that it is sharded`),
  '.a',
  '..a',
].map(parseBlobId);

function readsAndWrites(storage: GetStorage): void {
  it.each([SHORT, LONG])('gives back what was put: %s', async (id) => {
    await storage().put(id, [Buffer.from('one '), Buffer.from(''), Buffer.from('two')]);
    expect(await textOf(storage(), id)).toBe('one two');
    expect(await storage().getMetadata(id)).toMatchObject({ id, length: 7 });
  });

  it('keeps an empty blob, of no part and of an empty part', async () => {
    await storage().put(SHORT, []);
    await storage().put(LONG, [new Uint8Array()]);
    for (const id of [SHORT, LONG]) {
      expect(await storage().get(id)).toHaveLength(0);
      expect(await storage().getMetadata(id)).toMatchObject({ length: 0 });
    }
  });

  it('takes 20 MiB in many parts of shared memory', async () => {
    const parts = pseudoRandomParts(20 * MIB + 12_345);
    await storage().put(LONG, parts);
    const bytes = await storage().get(LONG);
    expect(Buffer.compare(bytes, concatParts(parts))).toBe(0);
    expect(
      Buffer.compare(
        await storage().get(LONG, { offset: 7 * MIB - 1, length: 3 }),
        bytes.subarray(7 * MIB - 1, 7 * MIB + 2),
      ),
    ).toBe(0);
  });

  it('gives bytes that belong to the caller', async () => {
    await storage().put(SHORT, [Buffer.from('abc')]);
    const bytes = await storage().get(SHORT);
    expect(bytes.buffer.byteLength).toBe(3);
    bytes.fill(0);
    expect(await textOf(storage(), SHORT)).toBe('abc');
  });

  it('does not keep the parts it was given', async () => {
    const part = Buffer.from('abc');
    await storage().put(SHORT, [part]);
    part.fill(0);
    expect(await textOf(storage(), SHORT)).toBe('abc');
  });

  it.each([
    ['a longer first text', 'short'],
    ['short', 'a longer second text'],
  ])('replaces %j by %j', async (first, second) => {
    await storage().put(LONG, [Buffer.from(first)]);
    await storage().put(LONG, [Buffer.from(second)]);
    expect(await textOf(storage(), LONG)).toBe(second);
    expect(await idsOf(storage(), '')).toEqual([LONG]);
  });

  it('deletes a blob; a missing one is no error', async () => {
    await storage().put(LONG, [Buffer.from('abc')]);
    await storage().delete(LONG);
    await storage().delete(LONG);
    await storage().delete(parseBlobId('never-there'));
    expect(await idsOf(storage(), '')).toEqual([]);
  });

  it('says BLOB_NOT_FOUND for a missing blob', async () => {
    const notFound = { code: 'BLOB_NOT_FOUND', detail: { blob: LONG } };
    await expect(storage().get(LONG)).rejects.toMatchObject(notFound);
    await expect(storage().get(LONG, { offset: 0, length: 1 })).rejects.toMatchObject(notFound);
    await expect(storage().getMetadata(LONG)).rejects.toMatchObject(notFound);
  });
}

function oddNames(storage: GetStorage, lacks: KnownLacks): void {
  it('takes odd names', async () => {
    const names = ODD_NAMES.filter((id) => lacks.names?.test(id) !== true);
    await Promise.all(names.map((id) => storage().put(id, [Buffer.from(id)])));
    for (const id of names) {
      expect(await textOf(storage(), id)).toBe(id);
      expect(await idsOf(storage(), id)).toContain(id);
    }
    expect(await idsOf(storage(), '')).toEqual([...names].sort());
    await Promise.all(names.map((id) => storage().delete(id)));
    expect(await idsOf(storage(), '')).toEqual([]);
  });
}

function ranges(storage: GetStorage): void {
  it('puts a range where the caller wants it, in shared memory too, and nothing beside it', async () => {
    await storage().put(LONG, [Buffer.from('0123456789')]);
    for (const memory of [new ArrayBuffer(6), new SharedArrayBuffer(6)]) {
      const into = new Uint8Array(memory, 1, 4);
      expect(await storage().get(LONG, { offset: 3, length: 4 }, { into })).toBe(into);
      expect([...new Uint8Array(memory)]).toEqual([0, ...Buffer.from('3456'), 0]);
    }
  });
}

function listings(storage: GetStorage): void {
  it('lists nothing in an empty storage', async () => {
    expect(await idsOf(storage(), '')).toEqual([]);
    expect(await idsOf(storage(), 'p')).toEqual([]);
  });
}

function concurrency(storage: GetStorage): void {
  it('takes many blobs with new prefixes at once', async () => {
    const ids = Array.from({ length: 60 }, (_, i) => parseBlobId(`${i % 10}${i}`.padEnd(40, 'x')));
    await Promise.all(ids.map((id) => storage().put(id, [Buffer.from(id)])));
    expect(await Promise.all(ids.map((id) => textOf(storage(), id)))).toEqual(ids);
    expect(await idsOf(storage(), '')).toEqual([...ids].sort());
  });
}

function aborts(storage: GetStorage): void {
  const reason = new Error('the test gave up');

  it('rejects every call with the reason of an aborted signal', async () => {
    await storage().put(SHORT, [Buffer.from('abc')]);
    const options = { signal: AbortSignal.abort(reason) };
    await expect(storage().get(SHORT, undefined, options)).rejects.toBe(reason);
    await expect(storage().getMetadata(SHORT, options)).rejects.toBe(reason);
    await expect(storage().put(SHORT, [Buffer.from('new')], options)).rejects.toBe(reason);
    await expect(storage().delete(SHORT, options)).rejects.toBe(reason);
    await expect(listAll(storage(), '', options)).rejects.toBe(reason);
    expect(await textOf(storage(), SHORT)).toBe('abc');
  });

  it('ends a listing with the reason when aborted on the way', async () => {
    await Promise.all([1, 2, 3].map((i) => storage().put(parseBlobId(`blob${i}`), [])));
    const abort = new AbortController();
    const iterate = async (): Promise<void> => {
      for await (const blob of storage().list('', { signal: abort.signal })) {
        expect(blob.length).toBe(0);
        abort.abort(reason);
      }
    };
    await expect(iterate()).rejects.toBe(reason);
  });

  it('leaves the old blob or the whole new one when a put is aborted on the way', async () => {
    await storage().put(LONG, [Buffer.from('old')]);
    const parts = pseudoRandomParts(8 * MIB);
    const abort = new AbortController();
    const put = storage().put(LONG, parts, { signal: abort.signal });
    setImmediate(() => abort.abort(reason));
    const outcome = await put.catch((error: unknown) => error);
    expect([undefined, reason]).toContain(outcome);
    const bytes = Buffer.from(await storage().get(LONG));
    const isNew = Buffer.compare(bytes, concatParts(parts)) === 0;
    expect(isNew || (bytes.toString() === 'old' && outcome === reason)).toBe(true);
    expect(await idsOf(storage(), '')).toEqual([LONG]);
  });
}

function retention(storage: GetStorage): void {
  const retained = { retention: { mode: 'GOVERNANCE', periodMs: 60_000 } } as const;

  it('locks blobs or refuses to', async () => {
    const put = storage().put(SHORT, [Buffer.from('abc')], retained);
    if (asRetentionExtender(storage()) === undefined) {
      await expect(put).rejects.toMatchObject({ code: 'STORAGE_UNSUPPORTED' });
      expect(await idsOf(storage(), '')).toEqual([]);
    } else {
      await put;
      expect(await textOf(storage(), SHORT)).toBe('abc');
      await asRetentionExtender(storage())?.extendRetention(SHORT, retained.retention);
    }
  });
}

async function textOf(storage: BlobStorage, id: BlobId): Promise<string> {
  return Buffer.from(await storage.get(id)).toString();
}

async function listAll(
  storage: BlobStorage,
  prefix: string,
  options?: { readonly signal: AbortSignal },
): Promise<BlobMetadata[]> {
  return await collect(storage.list(prefix, options));
}

async function idsOf(storage: BlobStorage, prefix: string): Promise<BlobId[]> {
  return (await listAll(storage, prefix)).map(({ id }) => id).sort();
}

/** Views of one shared buffer, of uneven lengths, some empty. */
function pseudoRandomParts(length: number): Uint8Array[] {
  const all = new Uint8Array(new SharedArrayBuffer(length));
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    all[i] = state >>> 16;
  }
  const parts: Uint8Array[] = [];
  for (let from = 0, next = 0; from < length; from = next) {
    next = from + 1 + ((parts.length * 37_123) % 200_001);
    parts.push(all.subarray(from, next), all.subarray(from, from));
  }
  return parts;
}
