import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { compressorByName } from '../compression/registry.ts';
import { repositoryErrorCode } from '../errors.ts';
import { createSplitter } from '../splitter/registry.ts';
import type { Splitter } from '../splitter/splitter.ts';
import { collect } from '../testing/collect.ts';
import { ContentMap } from '../testing/content-map.ts';
import { encodeIndirect, type IndirectEntry } from './indirect.ts';
import { directObjectId, indirectObjectId, type ObjectId, parseObjectId } from './object-id.ts';
import { objectParts, readObject, readWholeObject } from './object-reader.ts';
import { ObjectWriter, PartsWriter } from './object-writer.ts';

const buzhash = createSplitter('DYNAMIC-128K-BUZHASH');
/** Cuts every `length` bytes. */
const fixed = (length: number): Splitter => ({
  minChunk: length,
  maxChunk: length,
  nextCut: (bytes, from) => (bytes.length - from >= length ? from + length : -1),
});

const writerOf = (
  contents: ContentMap,
  splitter: Splitter,
  prefix: '' | 'k' = '',
  listSplitter: Splitter = splitter,
): ObjectWriter =>
  new ObjectWriter(contents, { prefix, compressor: '', metadataCompressor: '', splitter, listSplitter });

async function store(writer: ObjectWriter, pieces: readonly Uint8Array[]): Promise<ObjectId> {
  for (const piece of pieces) await writer.append(piece);
  const { objectId, length } = await writer.finish();
  expect(length).toBe(pieces.reduce((sum, piece) => sum + piece.length, 0));
  return objectId;
}

function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0, state = 1; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

test('writers that have no bytes yet take no memory for them', () => {
  const before = process.memoryUsage().arrayBuffers;
  const writers = Array.from({ length: 1000 }, () => writerOf(new ContentMap(), buzhash));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  expect(writers).toHaveLength(1000);
});

async function storeList(
  contents: ContentMap,
  entries: readonly IndirectEntry[],
  prefix: 'x' | 'k' = 'x',
): Promise<ObjectId> {
  const text = [...encodeIndirect(entries)].join('');
  return indirectObjectId(directObjectId(await contents.write(prefix, Buffer.from(text))));
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return repositoryErrorCode(await work.catch((error: unknown) => error));
}

describe('objects', () => {
  test('come back, in whatever pieces they are written, with the same ID', async () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 1, max: 100 }), async (written, chunk) => {
        const contents = new ContentMap();
        const whole = Buffer.concat(written);
        const splitter = fixed(chunk);
        const id = await store(writerOf(contents, splitter, '', buzhash), written);
        expect(await store(writerOf(contents, splitter, '', buzhash), [whole])).toBe(id);
        expect(Buffer.concat(await collect(readObject(contents, id))).equals(whole)).toBe(true);
      }),
    );
  });

  test('are one content where nothing is cut, and a list of parts otherwise', async () => {
    const contents = new ContentMap();
    expect(await store(writerOf(contents, fixed(100)), [])).toMatch(/^[0-9a-f]{32}$/);
    expect(await store(writerOf(contents, fixed(100)), [noise(100)])).toMatch(/^[0-9a-f]{32}$/);
    expect(await store(writerOf(contents, fixed(100), 'k', buzhash), [noise(99)])).toMatch(/^k/);
    expect(await store(writerOf(contents, fixed(100), 'k', buzhash), [noise(101)])).toMatch(/^Ik/);
    expect(await store(writerOf(contents, fixed(100), '', buzhash), [noise(101)])).toMatch(/^Ix/);
  });

  test('nest their lists as deep as the list splitter cuts', async () => {
    const contents = new ContentMap();
    const bytes = noise(200_000);
    const id = await store(writerOf(contents, fixed(100), '', fixed(2000)), [bytes]);
    expect(id).toMatch(/^IIIx/);
    expect(Buffer.concat(await collect(readObject(contents, id))).equals(bytes)).toBe(true);
  });

  test('are cut where the splitter says', async () => {
    const contents = new ContentMap();
    const bytes = noise(2_000_000);
    const id = await store(writerOf(contents, buzhash), [bytes]);
    const parts = await collect(objectParts(contents, id));
    expect(parts.length).toBeGreaterThan(5);
    let at = 0;
    for (const { start, length = 0 } of parts) {
      expect(start).toBe(at);
      const cut = buzhash.nextCut(bytes.subarray(at), 0);
      expect(length).toBe(cut < 0 ? bytes.length - at : cut);
      at += length;
    }
    expect(at).toBe(bytes.length);
  });

  test('can be finished from a copy while the original goes on', async () => {
    const contents = new ContentMap();
    const writer = writerOf(contents, fixed(100), '', buzhash);
    await writer.append(noise(250));
    const copy = writer.fork(contents);
    await writer.append(noise(100));
    const early = await copy.finish();
    const late = await writer.finish();
    expect([early.length, late.length]).toEqual([250, 350]);
    const whole = Buffer.concat(await collect(readObject(contents, late.objectId)));
    expect(whole.equals(Buffer.concat([noise(250), noise(100)]))).toBe(true);
  });

  test('are read from any offset, and only from there', async () => {
    const contents = new ContentMap();
    const bytes = noise(1000);
    const id = await store(writerOf(contents, fixed(100), '', buzhash), [bytes]);
    await fc.assert(
      fc.asyncProperty(fc.nat(1100), async (from) => {
        contents.reads.length = 0;
        const read = Buffer.concat(await collect(readObject(contents, id, { from })));
        expect(read.equals(bytes.subarray(from))).toBe(true);
        expect(contents.reads.length).toBe(1 + Math.max(0, 10 - Math.floor(from / 100)));
      }),
    );
  });

  test('compressed as a whole are read, though never written any more', async () => {
    const contents = new ContentMap();
    const packed = compressorByName('gzip').compress(Buffer.from('text '.repeat(1000)));
    expect(packed).toBeDefined();
    if (packed === undefined) return;
    const id = parseObjectId(`Z${await contents.write('', packed)}`);
    expect(Buffer.from(await readWholeObject(contents, id, 10_000)).toString()).toBe('text '.repeat(1000));
  });

  test('are not read whole when they are too large', async () => {
    const contents = new ContentMap();
    const id = await store(writerOf(contents, fixed(100), '', buzhash), [noise(1000)]);
    expect(await readWholeObject(contents, id, 1000)).toHaveLength(1000);
    expect(await codeOf(readWholeObject(contents, id, 999))).toBe('OBJECT_CORRUPT');
  });

  test('end with the reason of the signal', async () => {
    const contents = new ContentMap();
    const id = await store(writerOf(contents, fixed(100)), [noise(100)]);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(collect(readObject(contents, id, { signal }))).rejects.toThrow('enough');
  });
});

describe('hostile objects', () => {
  test('whose parts have another length than their list says are refused', async () => {
    const contents = new ContentMap();
    const objectId = directObjectId(await contents.write('', noise(100)));
    for (const length of [99, 101]) {
      const id = await storeList(contents, [{ start: 0, length, objectId }]);
      expect(await codeOf(collect(readObject(contents, id)))).toBe('OBJECT_CORRUPT');
    }
  });

  test('whose inner list is shorter or longer than the outer one says are refused', async () => {
    const contents = new ContentMap();
    const objectId = directObjectId(await contents.write('', noise(100)));
    const inner = await storeList(contents, [{ start: 0, length: 100, objectId }]);
    for (const length of [50, 150]) {
      const id = await storeList(contents, [
        { start: 0, length, objectId: inner },
        { start: length, length: 100, objectId },
      ]);
      expect(await codeOf(collect(readObject(contents, id)))).toBe('OBJECT_CORRUPT');
    }
  });

  test('that are nested without end are refused', async () => {
    const contents = new ContentMap();
    let id = directObjectId(await contents.write('', noise(10)));
    for (let level = 0; level < 20; level++)
      id = await storeList(contents, [{ start: 0, length: 10, objectId: id }]);
    expect(await codeOf(collect(readObject(contents, id)))).toBe('OBJECT_CORRUPT');
  });

  test('whose list is no list are refused', async () => {
    const contents = new ContentMap();
    const id = indirectObjectId(directObjectId(await contents.write('', noise(1000))));
    expect(await codeOf(collect(readObject(contents, id)))).toBe('OBJECT_CORRUPT');
  });

  test('with a list that names many lists are refused before they grow', async () => {
    const contents = new ContentMap();
    const id = parseObjectId(`${'I'.repeat(30)}${await contents.write('x', noise(10))}`);
    expect(await codeOf(collect(readObject(contents, id)))).toBe('OBJECT_CORRUPT');
  });

  test('that name a content nobody has are reported as such', async () => {
    const contents = new ContentMap();
    const id = await storeList(contents, [{ start: 0, length: 5, objectId: parseObjectId('ab'.repeat(16)) }]);
    expect(await codeOf(collect(readObject(contents, id)))).toBe('CONTENT_NOT_FOUND');
  });
});

test('a list of parts is stored while it grows', async () => {
  const contents = new ContentMap();
  const options = { prefix: '', metadataCompressor: '', listSplitter: fixed(100_000) } as const;
  const parts = new PartsWriter(contents, options);
  const entries = Array.from({ length: 10_000 }, (_, i) => ({
    start: i * 10,
    length: 10,
    objectId: parseObjectId('ab'),
  }));
  let fork: PartsWriter | undefined;
  for (const entry of entries) {
    if (entry.start === 50_000) fork = parts.fork(contents);
    await parts.add(entry);
  }
  expect(contents.contents.size).toBeGreaterThan(1);
  expect(await listOf(contents, await parts.finish())).toBe([...encodeIndirect(entries)].join(''));
  for (const entry of entries.slice(5000, 6000)) await fork?.add(entry);
  const forked = await fork?.finish();
  expect(await listOf(contents, forked ?? '')).toBe([...encodeIndirect(entries.slice(0, 6000))].join(''));
});

/** The text of the list that an indirect object is. */
async function listOf(contents: ContentMap, objectId: string): Promise<string> {
  const bytes = await readWholeObject(contents, parseObjectId(objectId.slice(1)), 1 << 20);
  return Buffer.from(bytes).toString();
}
