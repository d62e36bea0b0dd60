import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBlobId, parseBlobId } from './blob-id.ts';
import {
  blobIdOfFile,
  defaultSharding,
  encodeSharding,
  mayHoldPrefix,
  parseSharding,
  relativePath,
} from './sharding.ts';

const shards = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 4 });
const name = fc
  .string({ unit: fc.constantFrom('a', 'b', 'p', 'q', 'x', '0', '1', '_', '-'), minLength: 1, maxLength: 60 })
  .map(parseBlobId);
const sharding = fc.record({
  default: shards,
  maxNonShardedLength: fc.nat(30),
  overrides: fc.array(
    fc.record({ prefix: fc.string({ unit: fc.constantFrom('a', 'p', 'x'), maxLength: 3 }), shards }),
    { maxLength: 3 },
  ),
});

/** The directories of a path strung together, and its file name. */
function split(path: string): [string, string] {
  const names = path.split('/');
  return [names.slice(0, -1).join(''), names.at(-1) ?? ''];
}

describe('relativePath', () => {
  const id = parseBlobId('p3b9aa1f05b1c2e2f6f9d1e4e6a8c0b3d');
  it.each([
    [[1, 3], 'p/3b9/aa1f05b1c2e2f6f9d1e4e6a8c0b3d.f'],
    [[3, 3], 'p3b/9aa/1f05b1c2e2f6f9d1e4e6a8c0b3d.f'],
    [[], 'p3b9aa1f05b1c2e2f6f9d1e4e6a8c0b3d.f'],
    [[30, 3, 1], 'p3b9aa1f05b1c2e2f6f9d1e4e6a8c0/b3d.f'],
    [[33], 'p3b9aa1f05b1c2e2f6f9d1e4e6a8c0b3d.f'],
  ])('cuts by %j', (lengths, expected) => {
    expect(relativePath(defaultSharding(lengths), id)).toBe(expected);
  });

  it('leaves short names in the root, up to and including the limit', () => {
    expect(relativePath(defaultSharding([1, 3]), parseBlobId('x'.repeat(20)))).toBe(`${'x'.repeat(20)}.f`);
    expect(relativePath(defaultSharding([1, 3]), parseBlobId('x'.repeat(21)))).toBe(
      `x/xxx/${'x'.repeat(17)}.f`,
    );
  });

  it('obeys the first override that fits', () => {
    const overrides = [
      { prefix: 'q', shards: [5] },
      { prefix: 'p3', shards: [2] },
      { prefix: 'p', shards: [] },
    ];
    const path = relativePath({ ...defaultSharding([1, 3]), overrides }, id);
    expect(path).toBe('p3/b9aa1f05b1c2e2f6f9d1e4e6a8c0b3d.f');
  });

  it.each(['.'.padEnd(30, 'a'), '..'.padEnd(30, 'a'), 'a...'.padEnd(30, 'a')])(
    'never makes . or .. a directory: %s',
    (dots) => {
      const cutByOneOrTwo = [[1, 2], [2]].map(
        (lengths) => () => relativePath(defaultSharding(lengths), parseBlobId(dots)),
      );
      expect(cutByOneOrTwo.map(outcome)).toContain('ID_INVALID');
    },
  );

  it('is undone by blobIdOfFile', () => {
    fc.assert(
      fc.property(sharding, name, (how, blob) => {
        expect(blobIdOfFile(...split(relativePath(how, blob)))).toBe(blob);
      }),
    );
  });
});

it('mayHoldPrefix never skips the directory of a matching blob', () => {
  fc.assert(
    fc.property(sharding, name, fc.nat(60), (how, blob, length) => {
      const names = relativePath(how, blob).split('/').slice(0, -1);
      const directories = names.map((_, i) => names.slice(0, i + 1).join(''));
      expect(directories.every((directory) => mayHoldPrefix(directory, blob.slice(0, length)))).toBe(true);
    }),
  );
  expect(mayHoldPrefix('q', 'p12')).toBe(false);
  expect(mayHoldPrefix('p13', 'p12')).toBe(false);
});

it.each(['a', 'a.f.tmp.0123456789abcdef', '.shards', '.f', 'a\n.f'])('takes %j for no blob', (file) => {
  expect(blobIdOfFile('', file)).toBeUndefined();
});

describe('the sharding file', () => {
  it('is written as kopia writes it', () => {
    expect(encodeSharding(defaultSharding([1, 3]))).toBe('{"default":[1,3],"maxNonShardedLength":20}\n');
    expect(encodeSharding({ ...defaultSharding([]), overrides: [{ prefix: 'p', shards: [2] }] })).toBe(
      '{"default":[],"maxNonShardedLength":20,"overrides":[{"prefix":"p","shards":[2]}]}\n',
    );
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(sharding, (how) => {
        expect(parseSharding(encodeSharding(how))).toEqual(how);
      }),
    );
  });

  it('is read as kopia reads it when fields are missing', () => {
    expect(parseSharding('{}')).toEqual({ default: [], maxNonShardedLength: 0, overrides: [] });
    expect(parseSharding('{"default":null,"overrides":null,"later":1}').default).toEqual([]);
    expect(parseSharding('{"default":[0,2]}').default).toEqual([2]);
  });

  it('is FORMAT_CORRUPT or right when it is damaged', () => {
    const whole = encodeSharding({ ...defaultSharding([1, 3]), overrides: [{ prefix: 'p', shards: [2] }] });
    for (let end = 0; end < whole.length - 2; end++)
      expect(() => parseSharding(whole.slice(0, end))).toThrow(
        expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
      );
    for (const bad of [
      '[]',
      'null',
      '{"default":[-1]}',
      '{"default":[1.5]}',
      '{"default":"1"}',
      '{"overrides":[1]}',
      '{"overrides":{}}',
      '{"overrides":[{"prefix":1}]}',
      '{"maxNonShardedLength":"a"}',
    ])
      expect(() => parseSharding(bad), bad).toThrow(expect.objectContaining({ code: 'FORMAT_CORRUPT' }));
  });
});

function outcome(run: () => string): string {
  try {
    return isBlobId(run()) ? 'flat' : 'path';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'other';
  }
}
