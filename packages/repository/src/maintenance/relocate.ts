import { contentIdFromKey } from '../content/content-id.ts';
import { decodeContent } from '../content/decoder.ts';
import { PackFetcher } from '../content/pack-fetcher.ts';
import { type RangeReader, storageRanges } from '../content/range-reader.ts';
import { BULK_RANGES, type PackRange } from '../content/ranges.ts';
import { Scratch } from '../content/scratch.ts';
import { RepositoryError } from '../errors.ts';
import type { MetadataPacks } from './metadata-packs.ts';
import { type MaintenanceRunParts, NOTHING, type Tally, tallied } from './parts.ts';
import type { Relocation, Relocations } from './relocations.ts';
import { verifyFlushed } from './verify-written.ts';

/** Writes contents again, each with an entry that is later than the one it had. Each is opened before and
 *  so known to be sound; what is written is read back in part before this resolves. Returns what was written.
 *  Throws CONTENT_CORRUPT, PACK_CORRUPT, and what the storage throws; what was flushed until then stays. */
export async function relocate(
  parts: MaintenanceRunParts,
  metadata: MetadataPacks,
  relocations: Relocations,
): Promise<Tally> {
  let written = NOTHING;
  let pending = 0;
  if (relocations.tally.count === 0) return written;
  const writer = parts.writer();
  const scratch = new Scratch();
  const fetcher = new PackFetcher({ reader: readerOf(parts, metadata), memoryBytes: MEMORY_BYTES });
  const options = { rule: BULK_RANGES, ahead: RANGES_AHEAD, signal: parts.signal };
  for await (const streamed of fetcher.stream(relocations.sorted(), options)) {
    const { range } = streamed;
    if ('error' in streamed) throw streamed.error;
    for (const content of range.contents) {
      parts.signal?.throwIfAborted();
      const stored = storedOf(range, streamed.bytes, content);
      check(parts, content, stored, scratch);
      await writer.copy({ ...content, stored }, content);
      written = tallied(written, stored.length);
    }
    pending += range.contents.length;
    if (pending < FLUSH_CONTENTS && !writer.isFull) continue;
    await flush(parts);
    pending = 0;
  }
  await flush(parts);
  return written;
}

const RANGES_AHEAD = 3;
const MEMORY_BYTES = (RANGES_AHEAD + 2) * BULK_RANGES.maxBytes;
/** Contents whose entries are in memory while they are read back. */
const FLUSH_CONTENTS = 32_000;

/** Metadata packs are on disk already or will be needed again; of others only the stretch is fetched. */
function readerOf({ storage }: MaintenanceRunParts, metadata: MetadataPacks): RangeReader {
  const data = storageRanges(storage);
  return {
    async read(packBlobId, range, options) {
      if (!packBlobId.startsWith('q')) return await data.read(packBlobId, range, options);
      return await metadata.readStored({ packBlobId, packOffset: range.offset, packedLength: range.length });
    },
  };
}

function storedOf(range: PackRange<Relocation>, bytes: Uint8Array, content: Relocation): Uint8Array {
  const at = content.packOffset - range.offset;
  return bytes.subarray(at, at + content.packedLength);
}

function check(
  { crypto }: MaintenanceRunParts,
  content: Relocation,
  stored: Uint8Array,
  scratch: Scratch,
): void {
  try {
    decodeContent(crypto, content, stored, scratch.of(stored.length));
  } catch (error) {
    if (!(error instanceof RepositoryError)) throw error;
    const id = contentIdFromKey(content.key);
    const place = `content ${id} in pack ${content.packBlobId}`;
    const detail = { ...error.detail, content: id, blob: content.packBlobId };
    throw new RepositoryError(error.code, `${place}: ${error.message}`, detail, error);
  }
}

async function flush(parts: MaintenanceRunParts): Promise<void> {
  const flushed = await parts.writer().flushIndex();
  if (flushed !== undefined) await verifyFlushed(parts, flushed);
}
