import { createHash } from 'node:crypto';

import type { IndexEntry } from '../../packages/repository/src/index/entry.ts';

const KEY_BYTES = 17;
/** As when contents of 5 KB fill packs of 20 MB. */
const CONTENTS_A_PACK = 4096;

/** Key of the content with a number below `count`: uniform as hashes are, and in the order of the numbers. `isAbsent` makes
 *  one that no content has. */
export function numberedKey(number: number, count: number, isAbsent: boolean = false): Uint8Array {
  const key = new Uint8Array(KEY_BYTES);
  new DataView(key.buffer).setUint32(1, Math.floor((number / count) * 2 ** 32));
  // The numbers differ in the four bytes before.
  for (let i = 5; i < KEY_BYTES; i++) key[i] = Math.imul(number + i, 0x9e3779b1) >>> 24;
  key[KEY_BYTES - 1] = ((key[KEY_BYTES - 1] ?? 0) & 0xfe) | (isAbsent ? 1 : 0);
  return key;
}

/** An entry for each number, in order. */
export function* numberedEntries(count: number): Generator<IndexEntry> {
  let packBlobId = '';
  for (let number = 0; number < count; number++) {
    if (number % CONTENTS_A_PACK === 0) packBlobId = packName(number / CONTENTS_A_PACK);
    yield {
      key: numberedKey(number, count),
      packBlobId,
      packOffset: (number % CONTENTS_A_PACK) * 5000,
      packedLength: 5000,
      originalLength: 4972,
      timestampSeconds: 1_750_000_000,
      deleted: false,
      formatVersion: 3,
      compressionHeaderId: 0,
      encryptionKeyId: 0,
    };
  }
}

function packName(number: number): string {
  return `p${createHash('md5').update(String(number)).digest('hex')}-s0123456789abcdef147`;
}
