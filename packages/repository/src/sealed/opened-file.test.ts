import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

import { createTestCrypto } from '../testing/sealing-crypto.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { isOpenedFile } from './opened-file.ts';
import { sealBlob } from './sealed-blob.ts';

const crypto = createTestCrypto();

it.each([0, 1, 600_000])('knows the plain bytes of a sealed blob by its name (%i bytes)', (length) => {
  using directory = temporaryDirectory();
  const plain = Buffer.alloc(length, 'index');
  const { id } = sealBlob('xn0_', plain, 's1-c2', crypto);
  const file = path.join(directory.path, 'index');
  expect(isOpenedFile(file, id, crypto)).toBe(false);
  writeFileSync(file, plain);
  expect(isOpenedFile(file, id, crypto)).toBe(true);
  writeFileSync(file, Buffer.concat([plain, Buffer.of(0)]));
  expect(isOpenedFile(file, id, crypto)).toBe(false);
  writeFileSync(file, plain.fill('x', length >> 1));
  expect(isOpenedFile(file, id, crypto)).toBe(length === 0);
});
