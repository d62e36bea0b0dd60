import type { BlobMetadata } from './storage.ts';

/** One version of a blob in a bucket that keeps old ones, or the mark of its deletion. */
export interface BlobVersion extends BlobMetadata {
  readonly version: string;
  readonly isDeletion: boolean;
}

/** The version that was current at `timeMs`: the newest that is not newer; undefined when there was none or it was deleted.
 *  `versions` are those of one blob, newest first; among equal times the first counts.
 *  Source: kopia repo/blob/s3/s3_pit.go. */
export function versionAt(versions: readonly BlobVersion[], timeMs: number): BlobVersion | undefined {
  const current = versions.find(({ timestampMs }) => timestampMs <= timeMs);
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
