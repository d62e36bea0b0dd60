import { expect, it } from 'vitest';
import { parseBlobId } from './blob-id.ts';
import { decodeStorageClasses } from './s3-storage-classes.ts';

it('gives the class of the first prefix that fits', () => {
  const text =
    '{"blobOptions":[{"prefix":"p1","storageClass":"A"},{"prefix":"p","storageClass":"B"},{"storageClass":"C"}]}';
  const classOf = decodeStorageClasses(Buffer.from(text));
  expect(['p1', 'p2', 'q1'].map((name) => classOf(parseBlobId(name)))).toEqual(['A', 'B', 'C']);
});

it('gives no class without rules', () => {
  for (const text of [
    undefined,
    '{}',
    '{"blobOptions":null}',
    '{"blobOptions":[{"prefix":"q","storageClass":"A"}]}',
  ])
    expect(decodeStorageClasses(text === undefined ? undefined : Buffer.from(text))(parseBlobId('p1'))).toBe(
      '',
    );
});

it.each(['', '[', '1', '{"blobOptions":1}', '{"blobOptions":[1]}', '{"blobOptions":[{"prefix":1}]}'])(
  'refuses %j',
  (text) => {
    const refused = expect.objectContaining({ code: 'FORMAT_CORRUPT' });
    expect(() => decodeStorageClasses(Buffer.from(text))).toThrow(refused);
  },
);
