import { parseBlobId } from '../blob/blob-id.ts';
import { contentIdFromKey } from '../content/content-id.ts';
import { decodeContent } from '../content/decoder.ts';
import { RepositoryError } from '../errors.ts';
import { loadAhead } from './concurrently.ts';
import type { MetadataPacks } from './metadata-packs.ts';
import { type MaintenanceRunParts, NOTHING, type Tally, tallied } from './parts.ts';
import { coalesce, type PackRange } from './ranges.ts';
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
  const ranges = coalesce(relocations.sorted());
  for await (const { range, bytes } of loadAhead(ranges, RANGES_AHEAD, fetchWith(parts, metadata))) {
    for (const content of range.contents) {
      parts.signal?.throwIfAborted();
      const stored = storedOf(range, bytes, content);
      check(parts, content, stored);
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
/** Contents whose entries are in memory while they are read back. */
const FLUSH_CONTENTS = 32_000;

interface FetchedRange {
  readonly range: PackRange;
  readonly bytes: Uint8Array;
}

/** Metadata packs are on disk already or will be needed again; of others only the stretch is fetched. */
function fetchWith(
  parts: MaintenanceRunParts,
  metadata: MetadataPacks,
): (range: PackRange) => Promise<FetchedRange> {
  return async (range) => {
    const { packBlobId, offset, length } = range;
    const place = { packBlobId, packOffset: offset, packedLength: length };
    if (packBlobId.startsWith('q')) return { range, bytes: await metadata.readStored(place) };
    const call = parts.signal ? { signal: parts.signal } : {};
    return { range, bytes: await parts.storage.get(parseBlobId(packBlobId), { offset, length }, call) };
  };
}

function storedOf(range: PackRange, bytes: Uint8Array, content: Relocation): Uint8Array {
  const at = content.packOffset - range.offset;
  return bytes.subarray(at, at + content.packedLength);
}

function check({ crypto }: MaintenanceRunParts, content: Relocation, stored: Uint8Array): void {
  try {
    decodeContent(crypto, content, stored);
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
