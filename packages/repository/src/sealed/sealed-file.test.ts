import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { BlobId } from '../blob/storage.ts';
import { reedSolomonCrc32 } from '../ecc/reed-solomon-crc32.ts';
import { createAead } from '../encryption/aead.ts';
import { aes256Gcm } from '../encryption/aes256-gcm.ts';
import { chacha20Poly1305 } from '../encryption/chacha20-poly1305.ts';
import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import { createTestCrypto } from '../testing/sealing-crypto.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { type SealingCrypto, sealBlob } from './sealed-blob.ts';
import { openSealedFile, type SealedSource } from './sealed-file.ts';

const plainCrypto: SealingCrypto = {
  ...createTestCrypto(),
  cipher: createAead(aes256Gcm, new Uint8Array(32)),
};
const cryptos: readonly (readonly [string, SealingCrypto])[] = [
  ['without error correction', plainCrypto],
  ['in ChaCha20', { ...plainCrypto, cipher: createAead(chacha20Poly1305, new Uint8Array(32)) }],
  ['with error correction', { ...plainCrypto, ecc: reedSolomonCrc32(2) }],
];
const PIECE = 4096;

function sourceOf(id: BlobId, bytes: Uint8Array): SealedSource {
  return {
    id,
    length: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
  };
}

describe.each(cryptos)('a sealed blob that is opened into a file, %s', (_, crypto) => {
  it('comes back, whatever its length and that of the pieces', async () => {
    using directory = temporaryDirectory();
    const file = path.join(directory.path, 'index');
    const lengths = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 600_000 }));
    const seed = fc.integer({ min: 0, max: 255 });
    await fc.assert(
      fc.asyncProperty(lengths, seed, fc.integer({ min: 1, max: 100_000 }), async (length, start, piece) => {
        const plain = Uint8Array.from({ length }, (_byte, i) => (i * 31 + start) >> 3);
        const { id, bytes } = sealBlob('n', plain, 's1', crypto);
        await openSealedFile(file, sourceOf(id, bytes), crypto, piece);
        expect(Buffer.compare(readFileSync(file), plain)).toBe(0);
      }),
      { numRuns: 50 },
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory.path)).toEqual(['index']);
  });

  it('is refused when it was cut, or when another has its name, and nothing stays', async () => {
    using directory = temporaryDirectory();
    const { id, bytes } = sealBlob('n', Buffer.alloc(200_000, 'index'), 's1', crypto);
    const other = sealBlob('n', Buffer.alloc(200_000, 'other'), 's1', crypto);
    for (const damaged of [bytes.subarray(0, 150_000), bytes.subarray(0, PIECE + 1), other.bytes])
      await expectRefused(sourceOf(id, damaged), crypto, directory.path);
  });

  it('is refused when it is shorter than was listed', async () => {
    using directory = temporaryDirectory();
    const { id, bytes } = sealBlob('n', Buffer.alloc(200_000, 'index'), 's1', crypto);
    const read = (): never => {
      throw new RepositoryError('BLOB_RANGE_INVALID', 'too short');
    };
    await expectRefused({ id, length: bytes.length, read }, crypto, directory.path);
  });
});

describe('a flipped bit', () => {
  const plain = Buffer.alloc(100_000, 'index');

  it.each([0, 13, 50_000, 100_011, 100_012, 100_027])('at byte %d is found', async (position) => {
    using directory = temporaryDirectory();
    const { id, bytes } = sealBlob('n', plain, 's1', plainCrypto);
    bytes[position] = (bytes[position] ?? 0) ^ 8;
    await expectRefused(sourceOf(id, bytes), plainCrypto, directory.path);
  });

  it.each([0, 700, 50_000, 100_000])('at byte %d is repaired where there is error correction', async (at) => {
    using directory = temporaryDirectory();
    const crypto = { ...plainCrypto, ecc: reedSolomonCrc32(2) };
    const { id, bytes } = sealBlob('n', plain, 's1', crypto);
    bytes[at] = (bytes[at] ?? 0) ^ 8;
    const file = path.join(directory.path, 'index');
    await openSealedFile(file, sourceOf(id, bytes), crypto, PIECE);
    expect(Buffer.compare(readFileSync(file), plain)).toBe(0);
  });

  it('too many of them are not', async () => {
    using directory = temporaryDirectory();
    const crypto = { ...plainCrypto, ecc: reedSolomonCrc32(2) };
    const { id, bytes } = sealBlob('n', plain, 's1', crypto);
    for (let at = 60_000; at < 70_000; at += 100) bytes[at] = (bytes[at] ?? 0) ^ 8;
    await expectRefused(sourceOf(id, bytes), crypto, directory.path, 'ECC_UNREPAIRABLE');
  });
});

async function expectRefused(
  source: SealedSource,
  crypto: SealingCrypto,
  directory: string,
  code?: string,
): Promise<void> {
  const error: unknown = await openSealedFile(path.join(directory, 'index'), source, crypto, PIECE).catch(
    (thrown: unknown) => thrown,
  );
  const codes = code === undefined ? ['CONTENT_CORRUPT', 'ECC_UNREPAIRABLE'] : [code];
  expect(codes).toContain(repositoryErrorCode(error));
  expect(error instanceof RepositoryError && error.detail).toMatchObject({ blob: source.id });
  expect(readdirSync(directory)).toEqual([]);
}
