import { parseBlobId } from '../blob/blob-id.ts';
import type { ContentCrypto } from '../content/content-format.ts';
import { contentIdFromKey } from '../content/content-id.ts';
import { decodeContent } from '../content/decoder.ts';
import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import { loadAhead } from '../maintenance/concurrently.ts';
import type { MaintenanceParts } from '../maintenance/parts.ts';
import { coalesce, type PackRange } from '../maintenance/ranges.ts';
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
  const { storage, crypto } = parts;
  const call = options.signal ? { signal: options.signal } : {};
  const fetch = async (range: PackRange): Promise<FetchedRange> => {
    const { packBlobId, offset, length } = range;
    try {
      return { range, bytes: await storage.get(parseBlobId(packBlobId), { offset, length }, call) };
    } catch (error) {
      return { range, error: damageIn(error) };
    }
  };
  for await (const fetched of loadAhead(coalesce(contents), options.parallel, fetch)) {
    options.signal?.throwIfAborted();
    for (const content of fetched.range.contents)
      yield { content, error: checkFetched(crypto, fetched, content) };
  }
}

type FetchedRange = { readonly range: PackRange } & (
  { readonly bytes: Uint8Array } | { readonly error: string }
);

const DAMAGE: ReadonlySet<string | undefined> = new Set(['BLOB_NOT_FOUND', 'BLOB_RANGE_INVALID']);

/** The message of an error that means that a pack is damaged; others are thrown. */
function damageIn(error: unknown): string {
  if (error instanceof RepositoryError && DAMAGE.has(error.code)) return error.message;
  throw error;
}

function checkFetched(crypto: ContentCrypto, fetched: FetchedRange, content: Relocation): string | undefined {
  if ('error' in fetched) return fetched.error;
  const at = content.packOffset - fetched.range.offset;
  return checkContent(crypto, content, fetched.bytes.subarray(at, at + content.packedLength));
}

/** What is wrong with the stored bytes of a content; undefined when nothing is. */
function checkContent(crypto: ContentCrypto, content: Relocation, stored: Uint8Array): string | undefined {
  try {
    const plain = decodeContent(crypto, content, stored);
    const hash = new Uint8Array(crypto.hasher.digestLength);
    crypto.hasher.hash(plain, hash);
    if (Buffer.compare(hash, content.key.subarray(1)) === 0) return undefined;
    return `content ${contentIdFromKey(content.key)} holds other bytes than its name says`;
  } catch (error) {
    if (repositoryErrorCode(error) === undefined || !(error instanceof Error)) throw error;
    return error.message;
  }
}
