import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { repositoryErrorCode } from '../errors.ts';
import { collect } from '../testing/collect.ts';
import { decodeIndirect, encodeIndirect, type IndirectEntry } from './indirect.ts';
import { parseObjectId } from './object-id.ts';

const lists = fc
  .array(fc.tuple(fc.nat(1 << 30), fc.uint8Array({ minLength: 16, maxLength: 16 })), { maxLength: 300 })
  .map((parts) => {
    let start = 0;
    return parts.map(([length, hash]): IndirectEntry => {
      const entry = { start, length, objectId: parseObjectId(Buffer.from(hash).toString('hex')) };
      start += length;
      return entry;
    });
  });

const encode = (entries: readonly IndirectEntry[]): Buffer =>
  Buffer.from([...encodeIndirect(entries)].join(''));

async function* inChunks(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length)
    yield await Promise.resolve(bytes.subarray(at, at + length));
}

const decode = async (text: string | Uint8Array, chunk = 64): Promise<IndirectEntry[]> =>
  await collect(decodeIndirect(inChunks(Buffer.from(text), chunk)));

async function codeOf(text: string | Uint8Array): Promise<string | undefined> {
  try {
    await decode(text);
    return undefined;
  } catch (error) {
    return repositoryErrorCode(error);
  }
}

describe('lists of parts', () => {
  test('come back, in whatever chunks they are read', async () => {
    await fc.assert(
      fc.asyncProperty(lists, fc.integer({ min: 1, max: 5000 }), async (entries, chunk) => {
        expect(await decode(encode(entries), chunk)).toEqual(entries);
      }),
    );
  });

  test('are what kopia writes', () => {
    const entries = [
      { start: 0, length: 10, objectId: parseObjectId('ab') },
      { start: 10, length: 0, objectId: parseObjectId('cd') },
    ];
    expect(encode(entries).toString()).toBe(
      '{"stream":"kopia:indirect","entries":[{"l":10,"o":"ab"},{"s":10,"o":"cd"}]}\n',
    );
  });

  test('may have spaces, other fields and escapes', async () => {
    const text = `{ "stream" : "kopia:indirect",\n "entries": [ {"o":"\\u0061b", "new":1, "l":3} ,\n{"s":3,"o":"cd"}] }`;
    expect(await decode(text)).toEqual([
      { start: 0, length: 3, objectId: 'ab' },
      { start: 3, length: 0, objectId: 'cd' },
    ]);
  });

  const list = (entries: string): string => `{"stream":"kopia:indirect","entries":[${entries}]}\n`;
  test.each([
    ['cut off', list('{"o":"ab"}').slice(0, -3)],
    ['empty', ''],
    ['of another kind', list('{"o":"ab"}').replace('indirect', 'directory')],
    ['no list', '{"stream":"kopia:indirect"}'],
    ['with a gap', list('{"l":3,"o":"ab"},{"s":4,"o":"cd"}')],
    ['with an overlap', list('{"l":3,"o":"ab"},{"s":2,"o":"cd"}')],
    ['with a negative length', list('{"l":-3,"o":"ab"}')],
    ['with half a byte', list('{"l":1.5,"o":"ab"}')],
    ['with a length past 2^53', list('{"l":9007199254740993,"o":"ab"}')],
    ['with text for a number', list('{"l":"3","o":"ab"}')],
    ['without an object', list('{"l":3}')],
    ['with a broken entry', list('{"l":3,"o":}')],
    ['with something behind it', `${list('{"o":"ab"}')}x`],
    ['with an entry that never ends', list(`{"o":"${'a'.repeat(100_000)}`)],
    ['with nothing but white space', ' '.repeat(100_000)],
    ['with junk between entries', list('{"l":3,"o":"ab"}junk{"s":3,"o":"cd"}')],
  ])('%s are refused', async (_what, text) => {
    expect(await codeOf(text)).toBe('OBJECT_CORRUPT');
  });

  test('that never begin are refused before they are read as a whole', async () => {
    let read = 0;
    // oxlint-disable-next-line typescript/require-await -- the decoder takes an asynchronous stream
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; read < 1000; read++) yield Buffer.alloc(1000, ' ');
    }
    await expect(collect(decodeIndirect(endless()))).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
    expect(read).toBeLessThan(10);
  });

  test('with a wrong object ID are refused', async () => {
    expect(await codeOf(list('{"l":3,"o":"../../x"}'))).toBe('ID_INVALID');
  });

  test('that are damaged anywhere never give other parts without an error', async () => {
    await fc.assert(
      fc.asyncProperty(lists, fc.nat(), fc.integer({ min: 1, max: 255 }), async (entries, at, flip) => {
        const bytes = encode(entries);
        const place = at % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ flip;
        const code = await codeOf(bytes);
        if (code !== undefined) expect(['OBJECT_CORRUPT', 'ID_INVALID']).toContain(code);
      }),
    );
  });
});
