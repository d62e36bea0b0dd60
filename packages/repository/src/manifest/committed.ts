import type { ContentId } from '../content/content-id.ts';
import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import { decodeVersions, type StoredVersion, unpackContent } from './codec.ts';
import type { ContentCache } from './content-cache.ts';
import type { ManifestId } from './manifest-id.ts';
import { dropDeleted, mergeVersion } from './reduce.ts';

/** Reading side of what a manifest store needs from the contents. */
export interface ManifestContentReader {
  /** The `m` contents that are not deleted, as of the current view of the indexes. */
  listContents(prefix: 'm'): Iterable<ContentId> | AsyncIterable<ContentId>;
  /** Throws CONTENT_NOT_FOUND or BLOB_NOT_FOUND when it has gone since it was listed. */
  readContent(id: ContentId): Promise<Uint8Array>;
}

/** The newest version of a manifest and the content that holds it. */
export interface CommittedVersion extends StoredVersion {
  readonly content: ContentId;
}

/** What a load found. */
export interface CommittedManifests {
  readonly contents: ReadonlySet<ContentId>;
  readonly versions: ReadonlyMap<ManifestId, CommittedVersion>;
}

const LOAD_PARALLELISM = 8;
const MAX_ATTEMPTS = 3;

/** Reads all manifest contents; starts again when another client compacted them meanwhile.
 *  Throws MANIFEST_CORRUPT, or what `readContent` throws. */
export async function loadCommitted(reader: ManifestContentReader): Promise<CommittedManifests> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await loadOnce(reader);
    } catch (error) {
      if (!hasVanished(error) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** The unpacked JSON of a content, from `cache` when it is there. Throws MANIFEST_CORRUPT. */
export async function readUnpacked(
  reader: ManifestContentReader,
  cache: ContentCache,
  id: ContentId,
): Promise<Uint8Array> {
  const cached = cache.get(id);
  if (cached) return cached;
  const json = await fetchUnpacked(reader, id);
  cache.put(id, json);
  return json;
}

/** Whether `error` says that a content has gone, which happens when another client compacts. */
export function hasVanished(error: unknown): boolean {
  const code = repositoryErrorCode(error);
  return code === 'CONTENT_NOT_FOUND' || code === 'BLOB_NOT_FOUND';
}

/** MANIFEST_CORRUPT for the content called `content`. */
export function manifestCorrupt(content: ContentId, cause: unknown): RepositoryError {
  return new RepositoryError(
    'MANIFEST_CORRUPT',
    `the manifest content ${content} is damaged; run a verification to see what else is`,
    { content },
    cause,
  );
}

async function loadOnce(reader: ManifestContentReader): Promise<CommittedManifests> {
  const contents = new Set<ContentId>();
  for await (const id of reader.listContents('m')) contents.add(id);
  const versions = new Map<ManifestId, CommittedVersion>();
  const waiting = [...contents];
  const readRest = async (): Promise<void> => {
    for (let content = waiting.pop(); content !== undefined; content = waiting.pop())
      for (const version of await readVersions(reader, content))
        mergeVersion(versions, { ...version, content });
  };
  try {
    await Promise.all(Array.from({ length: LOAD_PARALLELISM }, readRest));
  } finally {
    waiting.length = 0; // after a failure the others stop too
  }
  return { contents, versions: dropDeleted(versions) };
}

async function readVersions(
  reader: ManifestContentReader,
  content: ContentId,
): Promise<readonly StoredVersion[]> {
  const json = await fetchUnpacked(reader, content);
  try {
    return decodeVersions(json);
  } catch (error) {
    throw manifestCorrupt(content, error);
  }
}

async function fetchUnpacked(reader: ManifestContentReader, content: ContentId): Promise<Uint8Array> {
  const stored = await reader.readContent(content);
  try {
    return await unpackContent(stored);
  } catch (error) {
    throw manifestCorrupt(content, error);
  }
}
