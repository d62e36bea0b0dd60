/** Kind of pack a content belongs to: `p` holds data, `q` holds contents with a prefix. */
export type PackKind = 'p' | 'q';

/** A run of ciphertext on its way into a pack, with the contents that lie in it. Plain data, sent between threads.
 *  Whoever holds a handoff owns its segments. */
export interface Handoff {
  readonly kind: PackKind;
  /** Segments in order, with the bytes used in each. */
  readonly segments: readonly { readonly index: number; readonly used: number }[];
  /** ContentRecords in their byte form; offsets count from the start of the first segment. */
  readonly records: Uint8Array<ArrayBuffer>;
}
