import { expect, it } from 'vitest';
import { parseBlobId } from './blob-id.ts';
import { BUCKETS_OWN, decodeStorageClasses } from './s3-storage-classes.ts';

it('gives the class of the first prefix that fits', () => {
  const text =
    '{"blobOptions":[{"prefix":"p1","storageClass":"A"},{"prefix":"p","storageClass":"B"},{"storageClass":"C"}]}';
  const classOf = decodeStorageClasses(Buffer.from(text));
  expect(['p1', 'p2', 'q1'].map((name) => classOf(parseBlobId(name)).storageClass)).toEqual(['A', 'B', 'C']);
});

it('gives no class without rules', () => {
  for (const text of [
    undefined,
    '{}',
    '{"blobOptions":null}',
    '{"blobOptions":[{"prefix":"q","storageClass":"A"}]}',
  ])
    expect(
      decodeStorageClasses(text === undefined ? undefined : Buffer.from(text))(parseBlobId('p1')),
    ).toEqual(BUCKETS_OWN);
});

it.each(['', '[', '1', '{"blobOptions":1}', '{"blobOptions":[1]}', '{"blobOptions":[{"prefix":1}]}'])(
  'refuses %j',
  (text) => {
    const refused = expect.objectContaining({ code: 'FORMAT_CORRUPT' });
    expect(() => decodeStorageClasses(Buffer.from(text))).toThrow(refused);
  },
);

it('gives the encryption of the first prefix that fits, and none of a later one', () => {
  const text =
    '{"blobOptions":[{"prefix":"q","storageClass":"A"},{"prefix":"p","sse":"aws:kms","sseKmsKeyId":"k"},{"sse":"AES256"}]}';
  const classOf = decodeStorageClasses(Buffer.from(text));
  expect(['q1', 'p1', 'x1'].map((name) => classOf(parseBlobId(name)))).toMatchObject([
    { storageClass: 'A', sse: '', sseKmsKeyId: '' },
    { storageClass: '', sse: 'aws:kms', sseKmsKeyId: 'k' },
    { storageClass: '', sse: 'AES256', sseKmsKeyId: '' },
  ]);
});

it.each([
  ['{"sse":"aes256"}', /sse "aes256" is neither AES256 nor aws:kms/],
  ['{"sse":1}', /sse 1 is neither/],
  ['{"sse":"AES256","sseKmsKeyId":"k"}', /sseKmsKeyId needs the sse aws:kms/],
  ['{"sseKmsKeyId":"k"}', /sseKmsKeyId needs the sse aws:kms/],
  ['{"sse":"aws:kms","sseKmsKeyId":1}', /sseKmsKeyId is not a text/],
])('says why it cannot obey %s', (rule, message) => {
  const refused = expect.objectContaining({
    code: 'FORMAT_CORRUPT',
    message: expect.stringMatching(message),
  });
  expect(() => decodeStorageClasses(Buffer.from(`{"blobOptions":[${rule}]}`))).toThrow(refused);
});
