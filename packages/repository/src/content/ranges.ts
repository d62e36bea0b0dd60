/** Where stored bytes lie: what an index entry says. */
export interface PackPlace {
  readonly packBlobId: string;
  readonly packOffset: number;
  readonly packedLength: number;
}

/** A stretch of one pack that is fetched with one request. */
export interface PackRange<T extends PackPlace> {
  readonly packBlobId: string;
  readonly offset: number;
  readonly length: number;
  /** What lies in it, by offset. */
  readonly contents: readonly T[];
}

/** When neighbours are fetched together. */
export interface RangeRule {
  /** Largest stretch, unless a single content is larger. */
  readonly maxBytes: number;
  /** Bytes between contents that may be fetched with them, as a share of the contents' own, ... */
  readonly maxWaste: number;
  /** ... and beside that as such, a stretch: what a request of its own would cost. */
  readonly slackBytes: number;
}

/** For whoever reads contents by the thousand, in the order of packs: what lies between wanted contents is at most a quarter
 *  of them. */
export const BULK_RANGES: RangeRule = { maxBytes: 4 << 20, maxWaste: 0.25, slackBytes: 0 };

/** Order of contents in packs. */
export function comparePlaces(a: PackPlace, b: PackPlace): number {
  if (a.packBlobId !== b.packBlobId) return a.packBlobId < b.packBlobId ? -1 : 1;
  return a.packOffset - b.packOffset;
}

/** Groups contents that are sorted by pack and offset into stretches: neighbours go together unless too much lies between
 *  them. No byte is in two stretches, except where contents overlap across their border. */
export function* coalesce<T extends PackPlace>(
  sorted: Iterable<T>,
  rule: RangeRule,
): Generator<PackRange<T>> {
  let group: Group<T> | undefined;
  for (const content of sorted) {
    if (group !== undefined && group.takes(content, rule)) continue;
    if (group !== undefined) yield group.range();
    group = new Group(content);
  }
  if (group !== undefined) yield group.range();
}

class Group<T extends PackPlace> {
  readonly #packBlobId: string;
  readonly #offset: number;
  readonly #contents: T[];
  #end: number;
  /** Bytes of the stretch that are some content's. */
  #wanted: number;

  constructor(first: T) {
    this.#packBlobId = first.packBlobId;
    this.#offset = first.packOffset;
    this.#contents = [first];
    this.#end = first.packOffset + first.packedLength;
    this.#wanted = first.packedLength;
  }

  /** Adds a content unless the rule forbids it. */
  takes(next: T, { maxBytes, maxWaste, slackBytes }: RangeRule): boolean {
    if (next.packBlobId !== this.#packBlobId) return false;
    const end = Math.max(this.#end, next.packOffset + next.packedLength);
    const wanted = this.#wanted + end - Math.max(this.#end, next.packOffset);
    const length = end - this.#offset;
    if (length > maxBytes && end > this.#end) return false;
    if (length - wanted > wanted * maxWaste + slackBytes) return false;
    this.#contents.push(next);
    [this.#end, this.#wanted] = [end, wanted];
    return true;
  }

  range(): PackRange<T> {
    return {
      packBlobId: this.#packBlobId,
      offset: this.#offset,
      length: this.#end - this.#offset,
      contents: this.#contents,
    };
  }
}
