import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { BlobId } from '../blob/storage.ts';
import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import {
  GOLDEN_CONTENT_KEY_SECRET,
  GOLDEN_INDEX_ID,
  GOLDEN_INDEX_PLAIN,
  GOLDEN_INDEX_SEALED,
} from '../testing/golden-repository.ts';
import { createTestCrypto } from '../testing/sealing-crypto.ts';
import { openSealedBlob, sealBlob } from './sealed-blob.ts';

const crypto = createTestCrypto();

describe('sealed blobs', () => {
  it("opens kopia's", () => {
    const golden = createTestCrypto(GOLDEN_CONTENT_KEY_SECRET);
    const plain = openSealedBlob(GOLDEN_INDEX_ID, GOLDEN_INDEX_SEALED, golden);
    expect(Buffer.from(plain).toString('hex')).toBe(Buffer.from(GOLDEN_INDEX_PLAIN).toString('hex'));
  });

  it('opens what it sealed, under any prefix', () => {
    const prefixes = fc.constantFrom('', 'n', 's', 'm', '_log_20260102030405_1a2b_1_2_3_', 'xn12_');
    const suffixes = fc.constantFrom('', 's0123456789abcdef147', 's0123456789abcdef147-c2');
    fc.assert(
      fc.property(fc.uint8Array(), prefixes, suffixes, (plain, prefix, suffix) => {
        const { id, bytes } = sealBlob('', plain, suffix, crypto);
        expect(openSealedBlob(`${prefix}${id}` as BlobId, bytes, crypto)).toEqual(plain);
      }),
    );
  });

  it('names a blob by prefix, hash and suffix', () => {
    const plain = Buffer.from('{}');
    const hash = Buffer.alloc(16);
    crypto.hasher.hash(plain, hash);
    const id = (prefix: string, suffix: string): string => sealBlob(prefix, plain, suffix, crypto).id;
    expect(id('n', 's1-c2')).toBe(`n${hash.toString('hex')}-s1-c2`);
    expect(id('m', '')).toBe(`m${hash.toString('hex')}`);
  });

  it('takes the IV from the last 16 bytes of a longer hash', () => {
    const fill = (_: unknown, out: Uint8Array): void => void out.fill(1, 0, 16).fill(2, 16);
    const hasher = { digestLength: 32, hash: fill, hashPieces: fill };
    const { id, bytes } = sealBlob('n', Buffer.from('index'), 's1', { ...crypto, hasher });
    const sameIv = `n${'02'.repeat(16)}` as BlobId;
    expect(Buffer.from(openSealedBlob(sameIv, bytes, crypto)).toString()).toBe('index');
    expect(id).toBe(`n${'01'.repeat(16)}${'02'.repeat(16)}-s1`);
  });

  it('applies error correction outside of encryption', () => {
    const ecc = {
      encodedLength: (length: number) => length + 1,
      encode: (data: Uint8Array) => Uint8Array.of(0xec, ...data),
      decode: (stored: Uint8Array) => stored.subarray(1),
      decodePieces: () => {
        throw new Error('it fits in memory');
      },
    };
    const { id, bytes } = sealBlob('n', Buffer.from('index'), '', { ...crypto, ecc });
    expect(bytes[0]).toBe(0xec);
    expect(Buffer.from(openSealedBlob(id, bytes.subarray(1), crypto)).toString()).toBe('index');
    expect(Buffer.from(openSealedBlob(id, bytes, { ...crypto, ecc })).toString()).toBe('index');
  });

  it('refuses any flipped bit and any truncation, naming the blob', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(), (plain, position) => {
        const { id, bytes } = sealBlob('n', plain, 's1', crypto);
        const flipped = bytes.slice();
        const byte = position % bytes.length;
        flipped[byte] = (flipped[byte] ?? 0) ^ (1 << (position % 8));
        for (const damaged of [flipped, bytes.subarray(0, byte)]) {
          const error = errorOf(() => openSealedBlob(id, damaged, crypto));
          expect(repositoryErrorCode(error)).toBe('CONTENT_CORRUPT');
          expect(error instanceof RepositoryError && error.detail).toMatchObject({ blob: id });
        }
      }),
    );
  });

  it.each(['n', 'n0123-s1', `s1-${'0'.repeat(32)}`, 'kopia.repository', `n${'0'.repeat(31)}`])(
    'refuses %s, which holds no hash',
    (id) => {
      const error = errorOf(() => openSealedBlob(id as BlobId, new Uint8Array(64), crypto));
      expect(repositoryErrorCode(error)).toBe('ID_INVALID');
    },
  );
});

function errorOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
