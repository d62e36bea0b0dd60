import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { uploaderErrorCode } from '../errors.ts';
import { encodeDirectory, directoryHead, directoryTail } from './directory.ts';
import { decodeDirectory, DirectoryParser } from './directory-parser.ts';
import { compareEntries, type DirectoryEntry, encodeEntry, nameOnDisk } from './entry.ts';
import { EntryListBuilder } from './entry-list-builder.ts';
import type { EntryExtra } from './extra.ts';
import { byteNameFromLatin1, byteNameFromText } from './names.ts';
import type { DirectoryExtra } from './specials.ts';
import type { DirectorySummary } from './summary.ts';

const text = fc.string({ unit: 'binary', maxLength: 20 });
const utf8Name = fc
  .oneof(text, fc.constantFrom('a"b\\', '<&>', '\u2028', '{"[', '..', ''))
  .map(byteNameFromText);
const rawName = fc
  .uint8Array({ maxLength: 8 })
  .map((bytes) => byteNameFromLatin1(Buffer.from(bytes).toString('latin1')));
const timeNs = fc.oneof(fc.constant(0n), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
const count = fc.oneof(fc.constant(0), fc.maxSafeNat());
const id = fc.oneof(fc.constant(0), fc.nat(0xffff_ffff));

const attributes = { mode: fc.nat(0o7777), size: count, mtimeNs: timeNs, uid: id, gid: id };
const xattrs = fc
  .uniqueArray(fc.record({ name: rawName, value: fc.uint8Array({ maxLength: 8 }) }), {
    selector: ({ name }) => name,
  })
  .map((list) => list.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
const entryExtra: fc.Arbitrary<EntryExtra> = fc.record(
  {
    rawName,
    hardLink: text,
    xattrs,
    holes: fc.array(fc.record({ start: fc.maxSafeNat(), length: fc.maxSafeNat() })),
  },
  { requiredKeys: [] },
);
const summary: fc.Arbitrary<DirectorySummary> = fc.record(
  {
    size: count,
    files: count,
    symlinks: count,
    dirs: count,
    maxTimeNs: timeNs,
    incomplete: fc.constantFrom('checkpoint', 'canceled'),
    numFailed: count,
    numIgnoredErrors: count,
    errors: fc.array(fc.record({ path: text, error: text }), { maxLength: 3 }),
  },
  {
    requiredKeys: [
      'size',
      'files',
      'symlinks',
      'dirs',
      'maxTimeNs',
      'numFailed',
      'numIgnoredErrors',
      'errors',
    ],
  },
);
const entry: fc.Arbitrary<DirectoryEntry> = fc.record(
  {
    name: utf8Name,
    type: fc.constantFrom('f', 'd', 's'),
    ...attributes,
    objectId: fc.constantFrom('k79ee935b86c128093f1e98f6c84b68e6', 'Ixabcd', ''),
    summary,
    extra: entryExtra,
  },
  { requiredKeys: ['name', 'type', 'mode', 'size', 'mtimeNs', 'uid', 'gid', 'objectId'] },
);
const directoryExtra: fc.Arbitrary<DirectoryExtra> = fc.record({
  specials: fc.array(
    fc.record(
      {
        name: utf8Name,
        type: fc.constantFrom('fifo', 'socket', 'char', 'block'),
        ...attributes,
        device: fc.record({ major: id, minor: id }),
        extra: entryExtra,
      },
      { requiredKeys: ['name', 'type', 'mode', 'size', 'mtimeNs', 'uid', 'gid'] },
    ),
    { maxLength: 3 },
  ),
});
const directory = fc.record({
  entries: fc.array(entry, { maxLength: 6 }),
  summary,
  extra: fc.option(directoryExtra, { nil: undefined }),
});

/** The entries and tail that a parser gives for `bytes` in pieces of at most `size` bytes. */
function parseInPieces(bytes: Uint8Array, size: number): ReturnType<typeof decodeDirectory> {
  const parser = new DirectoryParser();
  const entries: DirectoryEntry[] = [];
  for (let at = 0; at < bytes.length; at += size) entries.push(...parser.push(bytes.subarray(at, at + size)));
  return { ...parser.end(), entries };
}

function errorCode(action: () => unknown): string | undefined {
  try {
    action();
    return 'no error';
  } catch (error) {
    return uploaderErrorCode(error);
  }
}

const TREE = encodeDirectory(
  [
    {
      name: byteNameFromText('d'),
      type: 'd',
      mode: 0o4755,
      size: 0,
      mtimeNs: -1n,
      uid: 0,
      gid: 7,
      objectId: 'kab',
      summary: {
        size: 1,
        files: 2,
        symlinks: 3,
        dirs: 4,
        maxTimeNs: 0n,
        incomplete: 'checkpoint',
        numFailed: 1,
        numIgnoredErrors: 2,
        errors: [{ path: 'd/x', error: 'no <entry>' }],
      },
    },
    {
      name: byteNameFromText('é"'),
      type: 'f',
      mode: 0,
      size: 5,
      mtimeNs: 0n,
      uid: 0,
      gid: 0,
      objectId: 'ab',
    },
  ],
  { size: 6, files: 3, symlinks: 3, dirs: 5, maxTimeNs: 0n, numFailed: 0, numIgnoredErrors: 0, errors: [] },
);

describe('directory objects', () => {
  test('look as kopia writes them', () => {
    expect(Buffer.from(TREE).toString()).toBe(
      '{"stream":"kopia:directory","entries":[' +
        '{"name":"d","type":"d","mode":"040000755","mtime":"1969-12-31T23:59:59.999999999Z","gid":7,"obj":"kab",' +
        '"summ":{"size":1,"files":2,"symlinks":3,"dirs":4,"maxTime":"1970-01-01T00:00:00Z","incomplete":"checkpoint",' +
        '"numFailed":1,"numIgnoredErrors":2,"errors":[{"path":"d/x","error":"no \\u003centry\\u003e"}]}},' +
        '{"name":"é\\"","type":"f","size":5,"obj":"ab"}],' +
        '"summary":{"size":6,"files":3,"symlinks":3,"dirs":5,"maxTime":"1970-01-01T00:00:00Z","numFailed":0}}\n',
    );
  });

  test('decode to what was encoded, however they are cut', () => {
    fc.assert(
      fc.property(directory, fc.integer({ min: 1, max: 64 }), ({ entries, summary: total, extra }, size) => {
        const bytes = encodeDirectory(entries, total, extra);
        const want = { entries, summary: total, ...(extra !== undefined && { extra }) };
        expect(decodeDirectory(bytes)).toEqual(want);
        expect(parseInPieces(bytes, size)).toEqual(want);
      }),
      { numRuns: 500 },
    );
  });

  test('are the same when built from parts', () => {
    fc.assert(
      fc.property(directory, fc.nat(6), ({ entries, summary: total, extra }, cut) => {
        const parts = [entries.slice(0, cut), entries.slice(cut)].filter((part) => part.length > 0);
        const lists = parts.map((part) => {
          const builder = new EntryListBuilder();
          for (const item of part) builder.append(item);
          return Buffer.from(builder.take()).toString('latin1');
        });
        const isEmpty = entries.length === 0;
        const bytes = [
          directoryHead(isEmpty),
          Buffer.from(lists.join(','), 'latin1'),
          directoryTail(isEmpty, total, extra),
        ];
        expect(Buffer.concat(bytes).equals(encodeDirectory(entries, total, extra))).toBe(true);
      }),
    );
  });

  test('an empty one has null for its entries', () => {
    expect(decodeDirectory(Buffer.from('{"entries":null,"stream":"kopia:directory"}'))).toEqual({
      entries: [],
    });
    expect(decodeDirectory(Buffer.from('{"entries":[],"stream":"kopia:directory"}'))).toEqual({
      entries: [],
    });
  });

  test('unknown fields are passed over, of any shape', () => {
    const json =
      '{ "x": [1, {"y": "]}\\""}], "n":-1.5e3 , "stream":"kopia:directory","t":true,\n' +
      '"entries" : [ {"name":"a","type":"f","obj":"x","zzz":{"a":[]}} , {"name":"b","type":"s","obj":"y","uid":null} ],"s":"\\\\" }';
    for (const size of [1, 2, 3, 1000])
      expect(parseInPieces(Buffer.from(json), size).entries.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('bytes that are damaged give a coded error or other values, never anything else', () => {
    fc.assert(
      fc.property(
        fc.nat(TREE.length - 1),
        fc.nat(255),
        fc.integer({ min: 1, max: 100 }),
        (at, byte, size) => {
          const damaged = Uint8Array.from(TREE);
          damaged[at] = byte;
          expect(['DIRECTORY_CORRUPT', 'no error']).toContain(errorCode(() => parseInPieces(damaged, size)));
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('every shorter prefix is corrupt', () => {
    for (let length = 0; length < TREE.length - 1; length++)
      expect(errorCode(() => decodeDirectory(TREE.subarray(0, length)))).toBe('DIRECTORY_CORRUPT');
  });

  test.each([
    '[]',
    'null',
    '{}',
    '{"stream":"kopia:indirect","entries":[]}',
    '{"stream":"kopia:directory","entries":{}}',
    '{"stream":"kopia:directory","entries":[null]}',
    '{"stream":"kopia:directory","entries":[{"name":"a","type":"f","obj":"x"},]}',
    '{"stream":"kopia:directory","entries":[{"name":"a","type":"f","obj":"x"}{"name":"b"}]}',
    '{"stream":"kopia:directory","entries":[{"name":"a","type":"x","obj":"x"}]}',
    '{"stream":"kopia:directory","entries":[{"name":1,"type":"f","obj":"x"}]}',
    '{"stream":"kopia:directory","entries":[{"name":"a","type":"f","size":9007199254740993,"obj":"x"}]}',
    '{"stream":"kopia:directory","entries":[{"name":"a","type":"f","size":-1,"obj":"x"}]}',
    '{"stream":"kopia:directory","entries":[{"name":"a","type":"f","uid":4294967296,"obj":"x"}]}',
    '{"stream":"kopia:directory","entries":[{"name":"a","type":"f","mode":"0999","obj":"x"}]}',
    '{"stream":"kopia:directory","entries":[{"name":"a","type":"f","mtime":"yesterday","obj":"x"}]}',
    '{"stream":"kopia:directory","entries":[{"name":"a","type":"f","obj":"x","holdfast":{"holes":[[1]]}}]}',
    '{"stream":"kopia:directory","entries":null,"entries":null}',
    '{"stream":"kopia:directory"} x',
    '{"stream":"kopia:directory",}',
    '{"stream":"kopia:directory","summary":[]}',
    '{"stream":"kopia:directory","holdfast":{"specials":[{"name":"a","type":"door"}]}}',
  ])('%s is corrupt', (json) => {
    expect(errorCode(() => decodeDirectory(Buffer.from(json)))).toBe('DIRECTORY_CORRUPT');
  });

  test('deep nesting neither hangs nor overflows the stack', () => {
    const depth = 200_000;
    const json = `{"x":${'['.repeat(depth)}${']'.repeat(depth)},"stream":"kopia:directory"}`;
    expect(parseInPieces(Buffer.from(json), 1000)).toEqual({ entries: [] });
  });

  test('a hostile key cannot reach a prototype', () => {
    const json =
      '{"stream":"kopia:directory","__proto__":{"summary":{}},"entries":[{"__proto__":{"type":"f"},"obj":"x"}]}';
    expect(errorCode(() => decodeDirectory(Buffer.from(json)))).toBe('DIRECTORY_CORRUPT');
  });
});

describe('entries', () => {
  const plain: DirectoryEntry = {
    name: byteNameFromText('a'),
    type: 'f',
    mode: 0,
    size: 0,
    mtimeNs: 0n,
    uid: 0,
    gid: 0,
    objectId: 'ab',
  };

  test('a name that is not UTF-8 looks as kopia writes it, and is kept beside', () => {
    const raw = byteNameFromLatin1('bad-\xff');
    expect(encodeEntry({ ...plain, name: raw })).toBe('{"name":"bad-\\ufffd","type":"f","obj":"ab"}');
    const kept: DirectoryEntry = { ...plain, name: byteNameFromText('bad-\ufffd'), extra: { rawName: raw } };
    expect(encodeEntry(kept)).toContain('"holdfast":{"rawName":"YmFkLf8="}');
    expect(nameOnDisk(kept)).toBe(raw);
    expect(nameOnDisk(plain)).toBe('a');
  });

  test('directories come first, then the bytes of names decide', () => {
    const names = ['b', '\uffff', '\u{10000}', 'a', 'B'];
    const list = names.flatMap((name): DirectoryEntry[] => [
      { ...plain, name: byteNameFromText(name) },
      { ...plain, name: byteNameFromText(name), type: 'd' },
    ]);
    const order = ['B', 'a', 'b', '\uffff', '\u{10000}'].map(byteNameFromText);
    expect(list.toSorted(compareEntries).map(({ type, name }) => [type, name])).toEqual([
      ...order.map((name) => ['d', name]),
      ...order.map((name) => ['f', name]),
    ]);
  });
});

test('a directory that comes in one large piece is read a few entries at a time', () => {
  const name = (i: number): string => `file-${i}`.padEnd(100, '.');
  const entries = Array.from({ length: 5000 }, (_, i): DirectoryEntry => {
    const times = { mode: 0o644, size: i, mtimeNs: 1n, uid: 0, gid: 0 };
    return { ...times, name: byteNameFromText(name(i)), type: 'f', objectId: 'ab' };
  });
  const summary = {
    size: 0,
    files: 0,
    symlinks: 0,
    dirs: 1,
    maxTimeNs: 1n,
    numFailed: 0,
    numIgnoredErrors: 0,
  };
  const bytes = encodeDirectory(entries, { ...summary, errors: [] });
  expect([...new DirectoryParser().read(bytes)]).toEqual(entries);
  bytes.fill(0x7d, bytes.length - 1000); // damage that is met only when the end is parsed
  const reading = new DirectoryParser().read(bytes);
  expect(reading.next().value).toEqual(entries[0]);
  expect(() => [...reading]).toThrow(/cannot read directory object/);
});
