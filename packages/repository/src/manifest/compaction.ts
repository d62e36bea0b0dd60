import type { ContentId } from '../content/content-id.ts';
import { FIRST_ENTRY_OFFSET } from './codec.ts';
import type { CommittedVersion } from './committed.ts';

/** With this many contents, loading has become slow enough that a writer puts all manifests into one. kopia's number. */
export const COMPACTION_THRESHOLD = 16;

/** Copies the entries of `versions` byte for byte, content by content, so that one unpacked content is in memory at a time.
 *  `moved` gets each version with its place in the packed result, but still its old content. */
export async function* copyEntries(
  versions: Iterable<CommittedVersion>,
  read: (content: ContentId) => Promise<Uint8Array>,
  moved: CommittedVersion[],
): AsyncGenerator<Uint8Array> {
  const byContent = Map.groupBy(versions, (version) => version.content);
  let offset = FIRST_ENTRY_OFFSET;
  for (const [content, residents] of byContent) {
    const json = await read(content);
    for (const version of residents) {
      moved.push(relocate(version, offset));
      yield json.subarray(version.entry.start, version.entry.end);
      offset += version.entry.end - version.entry.start + 1; // and the comma
    }
  }
}

function relocate(version: CommittedVersion, offset: number): CommittedVersion {
  const by = offset - version.entry.start;
  return {
    ...version,
    entry: { start: offset, end: version.entry.end + by },
    payload: { start: version.payload.start + by, end: version.payload.end + by },
  };
}
