import type { BlobReader, BlobId, CallOptions } from '../blob/storage.ts';
import { repositoryErrorCode, RepositoryError } from '../errors.ts';
import { encodeIndex } from '../index/builder.ts';
import { decodeIndex } from '../index/decode.ts';
import type { IndexEntry } from '../index/entry.ts';
import { open, seal, type SealingCrypto } from '../sealed/sealed-blob.ts';
import type { RandomBytes } from './layout.ts';
import { decodePostamble, encodePostamble, type Postamble } from './postamble.ts';

/** How a local index is written. */
export interface LocalIndexOptions {
  /** Index version of the repository. */
  readonly version: number;
  readonly crypto: SealingCrypto;
  readonly random: RandomBytes;
}

const RANDOM_SUFFIX_BYTES = 32;

/** What a pack ends with, in pieces: the sealed index of its entries (sorted by key, unique, at least one) and the postamble.
 *  `offset` is where it will lie in the pack. */
export function sealLocalIndex(
  entries: Iterable<IndexEntry>,
  offset: number,
  { version, crypto, random }: LocalIndexOptions,
): readonly Uint8Array[] {
  const index = encodeIndex(entries, version);
  const indexLength = index.length;
  // In place of a copy, and freed below: of 32,000 contents each is 2 MB, and the collector waits long.
  const plain = new Uint8Array(index.buffer.transfer(indexLength + RANDOM_SUFFIX_BYTES));
  // The random suffix makes equal lists of entries differ, and with them the IV.
  plain.set(random(RANDOM_SUFFIX_BYTES), indexLength);
  const iv = new Uint8Array(crypto.hasher.digestLength);
  crypto.hasher.hash(plain, iv);
  const sealed = seal(plain, iv, crypto);
  plain.buffer.transfer(0);
  const postamble = { localIndexIv: iv, localIndexOffset: offset, localIndexLength: sealed.length };
  return [sealed, encodePostamble(postamble)];
}

/** The entries that a pack recorded about itself, for when the index is lost. It may name other packs too, whose
 *  contents it deleted. `firstBytes` are read at once from the end: at least a postamble. Throws PACK_CORRUPT, or what the
 *  storage throws. */
export async function recoverPackEntries(
  storage: Pick<BlobReader, 'get' | 'getMetadata'>,
  pack: BlobId,
  crypto: SealingCrypto,
  { firstBytes = TAIL_BYTES, ...options }: CallOptions & { readonly firstBytes?: number } = {},
): Promise<IndexEntry[]> {
  const { length } = await storage.getMetadata(pack, options);
  const tailLength = Math.min(length, firstBytes);
  const tail = await storage.get(pack, { offset: length - tailLength, length: tailLength }, options);
  const postamble = named(pack, () => decodePostamble(tail));
  const { localIndexOffset: offset, localIndexLength: indexLength } = postamble;
  if (offset + indexLength > length)
    throw new RepositoryError('PACK_CORRUPT', `pack ${pack}: its local index ends behind it`, { blob: pack });
  const skipped = length - tailLength;
  const sealed =
    offset >= skipped
      ? tail.subarray(offset - skipped, offset - skipped + indexLength)
      : await storage.get(pack, { offset, length: indexLength }, options);
  return named(pack, () => openLocalIndex(sealed, postamble, crypto));
}

/** First read of a recovery: the local index of a usual pack is in it. */
const TAIL_BYTES = 64 * 1024;

/** The entries of a sealed local index. Throws CONTENT_CORRUPT, ECC_UNREPAIRABLE or INDEX_CORRUPT. */
export function openLocalIndex(
  sealed: Uint8Array,
  { localIndexIv }: Postamble,
  crypto: SealingCrypto,
): IndexEntry[] {
  return decodeIndex(open(sealed, localIndexIv, crypto));
}

function named<T>(pack: BlobId, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (repositoryErrorCode(error) === undefined) throw error;
    const reason = error instanceof Error ? error.message : '';
    throw new RepositoryError('PACK_CORRUPT', `pack ${pack}: ${reason}`, { blob: pack }, error);
  }
}
