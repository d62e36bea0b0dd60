import { RepositoryError } from '../errors.ts';
import type { BlobId, BlobMetadata, BlobRange, BlobReader, CallOptions, GetOptions } from './storage.ts';

/** One version of a blob in a bucket that keeps old ones, or the mark of its deletion. */
export interface BlobVersion extends BlobMetadata {
  readonly version: string;
  /** When it became the current one, as exactly as the service tells; milliseconds since the Unix epoch. */
  readonly sinceMs: number;
  readonly isDeletion: boolean;
}

/** The version that was current at `timeMs`: the newest that is not newer; undefined when there was none or it was deleted.
 *  `versions` are those of one blob, newest first; among equal times the first counts.
 *  Source: kopia repo/blob/s3/s3_pit.go. */
export function versionAt(versions: readonly BlobVersion[], timeMs: number): BlobVersion | undefined {
  const current = versions.find(({ sinceMs }) => sinceMs <= timeMs);
  return current === undefined || current.isDeletion ? undefined : current;
}

/** Groups consecutive versions of the same blob. */
export async function* versionsByBlob(versions: AsyncIterable<BlobVersion>): AsyncGenerator<BlobVersion[]> {
  let group: BlobVersion[] = [];
  for await (const version of versions) {
    if (group.length > 0 && group[0]?.id !== version.id) {
      yield group;
      group = [];
    }
    group.push(version);
  }
  if (group.length > 0) yield group;
}

/** A bucket that keeps versions. */
export interface VersionedBucket {
  /** For messages. */
  readonly place: string;
  /** Every version of the blobs that start with `prefix`, blob after blob in order of their names. */
  listVersions(prefix: string, options: CallOptions | undefined): AsyncIterable<BlobVersion>;
  /** Puts the versions of one blob, as they were listed, in order. */
  newestFirst(versions: readonly BlobVersion[]): readonly BlobVersion[];
  /** `BlobReader.get` for a version. */
  get(
    version: BlobVersion,
    range: BlobRange | undefined,
    options: GetOptions | undefined,
  ): Promise<Uint8Array>;
}

/** Reads a bucket as it was at `timeMs`. */
export function pointInTimeReader(bucket: VersionedBucket, timeMs: number): BlobReader {
  async function* current(prefix: string, options: CallOptions | undefined): AsyncGenerator<BlobVersion> {
    for await (const versions of versionsByBlob(bucket.listVersions(prefix, options))) {
      const version = versionAt(bucket.newestFirst(versions), timeMs);
      if (version !== undefined) yield version;
    }
  }
  const find = async (id: BlobId, options: CallOptions | undefined): Promise<BlobVersion> => {
    // What only starts with the name comes after it.
    for await (const version of current(id, options)) {
      if (version.id !== id) break;
      return version;
    }
    const message = `there was no blob ${id} in ${bucket.place} at that time`;
    throw new RepositoryError('BLOB_NOT_FOUND', message, { blob: id });
  };
  return {
    description: `${bucket.place} as of ${new Date(timeMs).toISOString()}`,
    get: async (id, range, options) => await bucket.get(await find(id, options), range, options),
    getMetadata: async (id, options) => metadataOf(await find(id, options)),
    async *list(prefix, options) {
      for await (const version of current(prefix, options)) yield metadataOf(version);
    },
  };
}

/** STORAGE_UNSUPPORTED: there are no earlier versions to show. */
export function keepsNoVersions(place: string): RepositoryError {
  const message = `${place} keeps no versions, so it cannot be shown as of an earlier time`;
  return new RepositoryError('STORAGE_UNSUPPORTED', message);
}

function metadataOf({ id, length, timestampMs }: BlobVersion): BlobMetadata {
  return { id, length, timestampMs };
}
