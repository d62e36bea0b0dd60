import type { Relocation } from './relocations.ts';

/** A stretch of one pack that is fetched with one request. */
export interface PackRange {
  readonly packBlobId: string;
  readonly offset: number;
  readonly length: number;
  /** What lies in it, by offset. */
  readonly contents: readonly Relocation[];
}

/** Largest stretch, unless a single content is larger. */
const MAX_RANGE_BYTES = 4 << 20;
/** Bytes between contents that may be fetched with them, as a share of the contents' own. */
const MAX_WASTE = 0.25;

/** Groups contents that are sorted by pack and offset into stretches: neighbours go together unless what lies between them
 *  would be more than a quarter of what is wanted. No byte is in two stretches, except where contents overlap. */
export function* coalesce(contents: Iterable<Relocation>): Generator<PackRange> {
  let group: Relocation[] = [];
  let wanted = 0;
  for (const content of contents) {
    if (group.length > 0 && !fits(group, wanted, content)) {
      yield rangeOf(group);
      group = [];
      wanted = 0;
    }
    group.push(content);
    wanted += content.packedLength;
  }
  if (group.length > 0) yield rangeOf(group);
}

function fits(group: readonly Relocation[], wanted: number, next: Relocation): boolean {
  const { packBlobId, offset } = rangeOf(group);
  if (next.packBlobId !== packBlobId) return false;
  const length = next.packOffset + next.packedLength - offset;
  const wantedAfter = wanted + next.packedLength;
  return length <= MAX_RANGE_BYTES && length - wantedAfter <= wantedAfter * MAX_WASTE;
}

function rangeOf(contents: readonly Relocation[]): PackRange {
  const first = contents[0];
  const offset = first?.packOffset ?? 0;
  const last = contents.at(-1);
  const end = (last?.packOffset ?? 0) + (last?.packedLength ?? 0);
  return { packBlobId: first?.packBlobId ?? '', offset, length: end - offset, contents };
}
