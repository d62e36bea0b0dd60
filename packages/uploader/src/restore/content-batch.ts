import {
  comparePlaces,
  type ContentId,
  contentKey,
  decodeContent,
  decompress,
  type IndexEntry,
  parseContentId,
  RepositoryError,
} from '@holdfast/repository/worker';

import type { ThreadContext } from '../threads/thread-context.ts';
import type { FilePart } from './tasks.ts';

/** Contents this close in a local pack are read in one go: skipping less is dearer than reading it. */
const LARGEST_GAP = 64 << 10;
/** Bytes of one read at most. */
const LARGEST_READ = 1 << 20;
/** Plain bytes of a `Z` content at most. */
const LARGEST_CHUNK = 128 << 20;

interface Located<T> {
  readonly part: FilePart;
  readonly owner: T;
  readonly entry: IndexEntry;
}

/** Reads the parts of many files in the order in which they lie in packs, neighbours in one read, and gives each to
 *  `use` with its bytes, which are valid during the call only. What fails for one part goes to `fail`. */
export function readParts<T>(
  context: ThreadContext,
  wanted: Iterable<{ readonly part: FilePart; readonly owner: T }>,
  use: (owner: T, part: FilePart, bytes: Uint8Array) => void,
  fail: (owner: T, error: unknown) => void,
): void {
  const located: Located<T>[] = [];
  for (const { part, owner } of wanted) {
    try {
      located.push({ part, owner, entry: locate(context, parseContentId(part.contentId)) });
    } catch (error) {
      fail(owner, error);
    }
  }
  located.sort((a, b) => comparePlaces(a.entry, b.entry));
  for (let first = 0; first < located.length;) {
    const end = endOfRun(located, first, context.packs.readsFiles);
    readRun(context, located.slice(first, end), use, fail);
    first = end;
  }
}

function locate(context: ThreadContext, id: ContentId): IndexEntry {
  const entry = context.files.find(contentKey(id));
  if (entry !== undefined && entry.encryptionKeyId === 0) return entry;
  throw new RepositoryError(
    'CONTENT_NOT_FOUND',
    `content ${id} is in no index of this repository; an index blob may be missing: try index recovery`,
    { content: id },
  );
}

function endOfRun<T>(located: readonly Located<T>[], first: number, isTogether: boolean): number {
  const start = located[first]?.entry;
  let end = first + 1;
  if (!isTogether) return end;
  let reach = start === undefined ? 0 : start.packOffset + start.packedLength;
  for (; start !== undefined && end < located.length; end++) {
    const next = located[end]?.entry;
    if (next === undefined || next.packBlobId !== start.packBlobId) break;
    const nextReach = Math.max(reach, next.packOffset + next.packedLength);
    if (next.packOffset - reach > LARGEST_GAP || nextReach - start.packOffset > LARGEST_READ) break;
    reach = nextReach;
  }
  return end;
}

function readRun<T>(
  context: ThreadContext,
  run: readonly Located<T>[],
  use: (owner: T, part: FilePart, bytes: Uint8Array) => void,
  fail: (owner: T, error: unknown) => void,
): void {
  const start = run[0]?.entry.packOffset ?? 0;
  const reach = Math.max(...run.map(({ entry }) => entry.packOffset + entry.packedLength));
  let stored: Uint8Array;
  try {
    const pack = run[0]?.entry.packBlobId ?? '';
    stored = context.packs.read(pack, start, reach - start, context.stored);
  } catch (error) {
    // The end of a damaged pack may be missing while most of the run is there.
    if (run.length > 1) for (const one of run) readRun(context, [one], use, fail);
    else for (const { owner } of run) fail(owner, error);
    return;
  }
  for (const { part, owner, entry } of run) {
    const at = entry.packOffset - start;
    try {
      const bytes = stored.subarray(at, at + entry.packedLength);
      const plain = context.packs.useStored(entry, bytes, (own) => decode(context, part, entry, own));
      use(owner, part, plain);
    } catch (error) {
      fail(owner, named(part, entry, error));
    }
  }
}

function decode(context: ThreadContext, part: FilePart, entry: IndexEntry, stored: Uint8Array): Uint8Array {
  const plain = decodeContent(context.crypto, entry, stored, context.plain);
  const bytes = part.compressed ? decompress(plain, part.length ?? LARGEST_CHUNK) : plain;
  if (part.length === undefined || part.length === bytes.length) return bytes;
  throw new RepositoryError(
    'OBJECT_CORRUPT',
    `it has ${bytes.length} bytes where the file's list of parts says ${part.length}`,
  );
}

/** Says which content of which pack an error is about. */
function named(part: FilePart, { packBlobId }: IndexEntry, error: unknown): unknown {
  if (!(error instanceof RepositoryError)) return error;
  const detail = { ...error.detail, content: part.contentId, blob: packBlobId };
  return new RepositoryError(
    error.code,
    `content ${part.contentId} in pack ${packBlobId}: ${error.message}`,
    detail,
    error,
  );
}
