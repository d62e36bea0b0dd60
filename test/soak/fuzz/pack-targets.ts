import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

import {
  type BlobId,
  type BlobStorage,
  type ContentCrypto,
  createMemoryStorage,
  systemClock,
} from '@holdfast/repository';
import fc from 'fast-check';

import { encodeFormatCopy, recoverFormatBlob } from '../../../packages/repository/src/format/recover.ts';
import type { IndexEntry } from '../../../packages/repository/src/index/entry.ts';
import { packBlobId, packPadding } from '../../../packages/repository/src/pack/layout.ts';
import { recoverPackEntries, sealLocalIndex } from '../../../packages/repository/src/pack/local-index.ts';
import { decodePostamble, encodePostamble } from '../../../packages/repository/src/pack/postamble.ts';
import { indexEntries } from '../../../packages/repository/src/testing/index-entries.ts';
import { cryptoOf } from './sealed-targets.ts';
import type { FuzzTarget } from './target.ts';

const PACK = packBlobId('q', Buffer.alloc(16, 0xab), 's0123456789abcdef147');

/** What is read of packs when an index or the format blob is lost. */
export async function packTargets(formatBlob: Uint8Array): Promise<readonly FuzzTarget[]> {
  const crypto = await cryptoOf({ encryption: 'AES256-GCM-HMAC-SHA256', eccOverheadPercent: 0 });
  return [postambleTarget(), localIndexTarget(crypto), formatCopyTarget(formatBlob)];
}

function postambleTarget(): FuzzTarget {
  const seeds = [0, 127, 128, 2 ** 31, Number.MAX_SAFE_INTEGER].map((number) =>
    encodePostamble({
      localIndexIv: randomBytes(16),
      localIndexOffset: number,
      localIndexLength: number,
    }),
  );
  return {
    name: 'postamble',
    seeds,
    mend: withChecksum,
    check: (input) => {
      const { localIndexOffset: offset, localIndexLength: length } = decodePostamble(input);
      return Number.isSafeInteger(offset) && Number.isSafeInteger(length)
        ? undefined
        : `a local index at ${offset} of ${length} bytes`;
    },
  };
}

/** The last bytes as a postamble of that many bytes with the right checksum. */
function withChecksum(input: Uint8Array): Uint8Array {
  const bytes = Buffer.from(input);
  const end = Math.min(bytes.length - 1, 255);
  if (end <= 4) return bytes;
  const start = bytes.length - 1 - end;
  bytes[bytes.length - 1] = end;
  bytes.writeUInt32BE(crc32(bytes.subarray(start, start + end - 4)), start + end - 4);
  return bytes;
}

/** The local index is authenticated, so damage anywhere leaves the same entries or none. */
function localIndexTarget(crypto: ContentCrypto): FuzzTarget {
  const packs = new Map<Uint8Array, string>();
  for (const entries of fc.sample(indexEntries(2), { seed: 7, numRuns: 6 })) {
    const contents = Buffer.concat([randomBytes(500), packPadding(500, randomBytes)]);
    const tail = sealLocalIndex(entries, contents.length, { version: 2, crypto, random: randomBytes });
    packs.set(new Uint8Array(Buffer.concat([contents, ...tail])), textOf(entries));
  }
  return {
    name: 'local index of a pack',
    seeds: [...packs.keys()],
    allowedBytes: 1 << 20,
    check: async (input, seed) => {
      const entries = await recoverPackEntries(storageWith(input), PACK, crypto);
      return textOf(entries) === packs.get(seed) ? undefined : 'other entries came out of a changed pack';
    },
  };
}

/** A copy has a keyed checksum: the format blob comes out as it went in, or none does. */
function formatCopyTarget(formatBlob: Uint8Array): FuzzTarget {
  const copy = encodeFormatCopy(formatBlob);
  const noise = randomBytes(3000);
  return {
    name: 'format blob in a pack',
    seeds: [Buffer.concat([copy, noise]), Buffer.concat([noise, copy])],
    allowedBytes: 1 << 20,
    check: async (input) => {
      const found = await recoverFormatBlob(storageWith(input), PACK);
      return found === undefined || Buffer.from(found).equals(formatBlob)
        ? undefined
        : 'another format blob came out';
    },
  };
}

function storageWith(pack: Uint8Array): Pick<BlobStorage, 'get' | 'getMetadata'> & BlobStorage {
  const storage = createMemoryStorage({ clock: systemClock });
  void storage.put(PACK satisfies BlobId, [pack]);
  return storage;
}

function textOf(entries: readonly IndexEntry[]): string {
  return JSON.stringify(
    entries.map(({ key, ...rest }) => ({ key: Buffer.from(key).toString('hex'), ...rest })),
  );
}
