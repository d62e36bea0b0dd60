import { sessionId } from '../content/session.ts';
import { encodeIndex } from '../index/builder.ts';
import type { IndexCursor } from '../index/cursor.ts';
import type { IndexEntry } from '../index/entry.ts';
import { openIndexFile } from '../index/index-file.ts';
import { PageCache } from '../index/page-cache.ts';
import type { MaintenanceRunParts } from './parts.ts';
import { verifyIndexBlob } from './verify-written.ts';

/** Entries in one index blob at most: what is encoded at a time is in memory. kopia's limit is 16 million. */
export const SHARD_ENTRIES = 250_000;

/** Stores the entries of an index file, of which there may be any number, as index blobs, and makes them visible here.
 *  Each blob counts by itself: an interruption leaves some entries for the next run. Takes the file over. */
export async function writeIndexFile(parts: MaintenanceRunParts, file: string): Promise<void> {
  const index = openIndexFile(file, new PageCache(64 << 10));
  const session = sessionId(parts.clock.nowMs(), parts.random);
  try {
    if (index.count === 0) return;
    const cursor = index.entries();
    for (let left = index.count; left > 0; left -= SHARD_ENTRIES) {
      parts.signal?.throwIfAborted();
      const plain = encodeIndex(take(cursor, SHARD_ENTRIES), parts.contentFormat.indexVersion);
      for (const blob of await parts.indexBlobs.write([plain], session, callOf(parts)))
        await verifyIndexBlob(parts, blob, plain);
    }
  } finally {
    index.close();
  }
  parts.indexView.adoptOwn(session, file);
  parts.indexChanged();
}

/** The next `count` entries of a cursor, or all that are left. */
export function* take(cursor: IndexCursor, count: number): Generator<IndexEntry> {
  for (let i = 0; i < count && cursor.advance(); i++) yield cursor.entry();
}

function callOf({ signal }: MaintenanceRunParts): { readonly signal?: AbortSignal } {
  return signal ? { signal } : {};
}
