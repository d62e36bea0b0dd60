import { truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../../repository/src/testing/temporary-directory.ts';
import { bytePath, nodePath } from './path.ts';
import { readSmallFile } from './small-file.ts';

const LIMIT = 1 << 20;
const FILE = { name: 'rules', limit: LIMIT };

it.each([0, 1, 100_000, LIMIT])('reads %d bytes', (length) => {
  using directory = temporaryDirectory();
  const file = path.join(directory.path, 'file');
  const bytes = Buffer.alloc(length, 'text');
  writeFileSync(file, bytes);
  expect(readSmallFile(nodePath(bytePath(file)), FILE).equals(bytes)).toBe(true);
});

it.each([LIMIT + 1, 5 * 2 ** 40])('refuses %d bytes', (length) => {
  using directory = temporaryDirectory();
  const file = path.join(directory.path, 'file');
  writeFileSync(file, '');
  truncateSync(file, length);
  expect(() => readSmallFile(nodePath(bytePath(file)), FILE)).toThrow(
    expect.objectContaining({
      code: 'FILE_TOO_LARGE',
      message: expect.stringMatching(/^rules is larger than 1 MiB/),
    }),
  );
});

it.skipIf(process.platform === 'win32')('refuses a device without end', () => {
  expect(() => readSmallFile(nodePath(bytePath('/dev/zero')), FILE)).toThrow(
    expect.objectContaining({
      code: 'FILE_TOO_LARGE',
      message: expect.stringMatching(/^rules is larger than 1 MiB/),
    }),
  );
});
