import type { ContentCrypto } from '../content/content-format.ts';
import { contentIdFromKey } from '../content/content-id.ts';
import { decodeContent } from '../content/decoder.ts';
import { PackFetcher, type StreamedRange } from '../content/pack-fetcher.ts';
import { storageRanges } from '../content/range-reader.ts';
import { BULK_RANGES } from '../content/ranges.ts';
import { Scratch } from '../content/scratch.ts';
import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import type { MaintenanceParts } from '../maintenance/parts.ts';
import type { Relocation } from '../maintenance/relocations.ts';

/** What comes of reading one content. */
export interface CheckedContent {
  readonly content: Relocation;
  /** Undefined when it is what its name says. */
  readonly error: string | undefined;
}

/** Reads contents, sorted by pack and place, and checks each: it must decrypt, decompress and hash to its name.
 *  Neighbours are fetched together, `parallel` stretches ahead. What the storage fails at for other reasons than that a
 *  pack is gone or too short is thrown: it says nothing about the contents. */
export async function* checkContents(
  parts: Pick<MaintenanceParts, 'storage' | 'crypto'>,
  contents: Iterable<Relocation>,
  options: { readonly parallel: number; readonly signal: AbortSignal | undefined },
): AsyncGenerator<CheckedContent> {
  const { parallel, signal } = options;
  const scratch = new Scratch();
  const memoryBytes = Math.min(MOST_BYTES, (parallel + 1) * BULK_RANGES.maxBytes);
  const fetcher = new PackFetcher({ reader: storageRanges(parts.storage), memoryBytes });
  const ahead = { rule: BULK_RANGES, ahead: parallel, signal };
  for await (const streamed of fetcher.stream(contents, ahead)) {
    const damage = 'error' in streamed ? damageIn(streamed.error) : undefined;
    for (const content of streamed.range.contents)
      yield { content, error: damage ?? checkFetched(parts.crypto, streamed, content, scratch) };
  }
}

/** However many stretches are to be fetched at a time. */
const MOST_BYTES = 32 << 20;

const DAMAGE: ReadonlySet<string | undefined> = new Set(['BLOB_NOT_FOUND', 'BLOB_RANGE_INVALID']);

/** The message of an error that means that a pack is damaged; others are thrown. */
function damageIn(error: unknown): string {
  if (error instanceof RepositoryError && DAMAGE.has(error.code)) return error.message;
  throw error;
}

function checkFetched(
  crypto: ContentCrypto,
  streamed: StreamedRange<Relocation>,
  content: Relocation,
  scratch: Scratch,
): string | undefined {
  if ('error' in streamed) return undefined;
  const at = content.packOffset - streamed.range.offset;
  return checkContent(crypto, content, streamed.bytes.subarray(at, at + content.packedLength), scratch);
}

/** What is wrong with the stored bytes of a content; undefined when nothing is. */
function checkContent(
  crypto: ContentCrypto,
  content: Relocation,
  stored: Uint8Array,
  scratch: Scratch,
): string | undefined {
  try {
    const plain = decodeContent(crypto, content, stored, scratch.of(stored.length));
    const hash = new Uint8Array(crypto.hasher.digestLength);
    crypto.hasher.hash(plain, hash);
    if (Buffer.compare(hash, content.key.subarray(1)) === 0) return undefined;
    return `content ${contentIdFromKey(content.key)} holds other bytes than its name says`;
  } catch (error) {
    if (repositoryErrorCode(error) === undefined || !(error instanceof Error)) throw error;
    return error.message;
  }
}
