import { expect, it } from 'vitest';
import { isBlobId, parseBlobId } from './blob-id.ts';

it.each(['p', 'kopia.repository', '_log_20260101', "a b~!'(){}%", '.', 'x'.repeat(300)])(
  'takes %j',
  (name) => {
    expect(parseBlobId(name)).toBe(name);
    expect(isBlobId(name)).toBe(true);
  },
);

it.each(['', 'a/b', '/', '../x', 'a\nb', 'a\0', '\x7f', '\t', 'é', '\ud800'])('refuses %j', (name) => {
  expect(() => parseBlobId(name)).toThrow(expect.objectContaining({ code: 'ID_INVALID' }));
  expect(isBlobId(name)).toBe(false);
});
