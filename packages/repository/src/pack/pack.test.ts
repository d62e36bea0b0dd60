import { randomBytes } from 'node:crypto';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createMemoryStorage } from '../blob/memory.ts';
import type { BlobStorage } from '../blob/storage.ts';
import { repositoryErrorCode } from '../errors.ts';
import { decodeIndex } from '../index/decode.ts';
import type { IndexEntry } from '../index/entry.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import {
  GOLDEN_CONTENT_KEY_SECRET,
  GOLDEN_INDEX_PLAIN,
  GOLDEN_LOCAL_INDEX,
  GOLDEN_PACK_ID,
  GOLDEN_POSTAMBLE,
} from '../testing/golden-repository.ts';
import { indexEntries } from '../testing/index-entries.ts';
import { createTestCrypto } from '../testing/sealing-crypto.ts';
import { packBlobId, packPadding, packPreamble } from './layout.ts';
import { recoverPackEntries, sealLocalIndex } from './local-index.ts';
import { decodePostamble } from './postamble.ts';

const crypto = createTestCrypto();
const PACK = packBlobId('q', Buffer.alloc(16, 0xab), 's0123456789abcdef147');

function storageWith(id: typeof PACK, pack: Uint8Array): BlobStorage {
  const storage = createMemoryStorage({ clock: createFakeClock() });
  void storage.put(id, [pack]);
  return storage;
}

function entryNumber(i: number): IndexEntry {
  const key = Buffer.alloc(17);
  key.writeUInt32BE(i, 1);
  return {
    key,
    packBlobId: PACK,
    packOffset: i,
    packedLength: 100,
    originalLength: 72,
    timestampSeconds: 1_700_000_000,
    deleted: false,
    formatVersion: 3,
    compressionHeaderId: 0,
    encryptionKeyId: 0,
  };
}

async function codeOf(recovery: Promise<unknown>): Promise<string | undefined> {
  try {
    await recovery;
    return 'no error';
  } catch (error) {
    return repositoryErrorCode(error) ?? String(error);
  }
}

describe('pack layout', () => {
  it('starts with random bytes, behind a copy of the format blob where there is one', () => {
    expect(packPreamble(undefined, randomBytes)).toHaveLength(32);
    const format = Buffer.from('{"format":1}');
    const preamble = packPreamble(format, (length) => Buffer.alloc(length, 9));
    expect(preamble).toHaveLength(2 + format.length + 32 + 2 + 32);
    expect(Buffer.from(preamble).readUInt16LE(0)).toBe(format.length + 32);
    expect([...preamble.subarray(-32)]).toEqual(Array(32).fill(9));
  });

  it.each([
    [0, 4096],
    [1, 4095],
    [4095, 1],
    [4096, 4096],
    [10_000, 2288],
  ])('pads %i bytes with %i', (length, padding) => {
    expect(packPadding(length, randomBytes)).toHaveLength(padding);
  });

  it('names a pack by kind, randomness and session', () => {
    expect(PACK).toBe(`q${'ab'.repeat(16)}-s0123456789abcdef147`);
  });
});

describe('local index', () => {
  it("recovers the entries of kopia's pack", async () => {
    const pack = Buffer.concat([Buffer.alloc(4096), GOLDEN_LOCAL_INDEX, GOLDEN_POSTAMBLE]);
    expect(pack).toHaveLength(4298);
    const recovered = await recoverPackEntries(
      storageWith(GOLDEN_PACK_ID, pack),
      GOLDEN_PACK_ID,
      createTestCrypto(GOLDEN_CONTENT_KEY_SECRET),
    );
    const indexed = decodeIndex(GOLDEN_INDEX_PLAIN).filter((entry) => entry.packBlobId === GOLDEN_PACK_ID);
    expect(recovered).toEqual(indexed);
    expect(recovered).toHaveLength(1);
  });

  it('recovers what was sealed, in either index version and behind any contents', async () => {
    const version = fc.constantFrom(1 as const, 2 as const);
    const cases = version.chain((v) => fc.tuple(fc.constant(v), indexEntries(v)));
    await fc.assert(
      fc.asyncProperty(cases, fc.nat(200_000), async ([indexVersion, entries], offset) => {
        const options = { version: indexVersion, crypto, random: randomBytes };
        const tail = Buffer.concat(sealLocalIndex(entries, offset, options));
        const storage = storageWith(PACK, Buffer.concat([Buffer.alloc(offset), tail]));
        expect(await recoverPackEntries(storage, PACK, crypto)).toEqual(entries);
      }),
    );
  });

  it('recovers a local index that is longer than the first read', async () => {
    const entries = Array.from({ length: 5000 }, (_, i) => entryNumber(i));
    const tail = Buffer.concat(sealLocalIndex(entries, 4096, { version: 2, crypto, random: randomBytes }));
    const storage = storageWith(PACK, Buffer.concat([Buffer.alloc(4096), tail]));
    expect(await recoverPackEntries(storage, PACK, crypto)).toHaveLength(5000);
  });

  it('never uses an IV twice, not even for equal entries', () => {
    const entries = decodeIndex(GOLDEN_INDEX_PLAIN);
    const options = { version: 2, crypto, random: randomBytes };
    const iv = (): Uint8Array =>
      decodePostamble(Buffer.concat(sealLocalIndex(entries, 0, options))).localIndexIv;
    expect(iv()).not.toEqual(iv());
  });

  it('refuses a damaged pack, naming it', async () => {
    const entries = decodeIndex(GOLDEN_INDEX_PLAIN);
    const tail = Buffer.concat(sealLocalIndex(entries, 0, { version: 2, crypto, random: randomBytes }));
    await fc.assert(
      fc.asyncProperty(fc.nat(tail.length - 1), fc.nat(7), async (byte, bit) => {
        const flipped = tail.slice();
        flipped[byte] = (flipped[byte] ?? 0) ^ (1 << bit);
        for (const damaged of [flipped, tail.subarray(0, byte), tail.subarray(byte + 1)]) {
          const recovery = recoverPackEntries(storageWith(PACK, damaged), PACK, crypto);
          expect(await codeOf(recovery)).toBe('PACK_CORRUPT');
        }
      }),
    );
  });

  it('says so when there is no such pack', async () => {
    const storage = storageWith(GOLDEN_PACK_ID, new Uint8Array(9));
    expect(await codeOf(recoverPackEntries(storage, PACK, crypto))).toBe('BLOB_NOT_FOUND');
  });
});
