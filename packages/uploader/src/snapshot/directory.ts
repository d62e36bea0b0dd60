import { type DirectoryEntry, encodeEntry } from './entry.ts';
import { EXTRA_KEY } from './extra.ts';
import { type DirectoryExtra, encodeDirectoryExtra } from './specials.ts';
import { type DirectorySummary, encodeSummary } from './summary.ts';

/** The `stream` value of every directory object. */
export const DIRECTORY_STREAM = 'kopia:directory';

/** What follows the entries of a directory object. */
export interface DirectoryTail {
  readonly summary?: DirectorySummary;
  readonly extra?: DirectoryExtra;
}

/** The beginning of a directory object, up to where its entries go. */
export function directoryHead(isEmpty: boolean): Uint8Array {
  return Buffer.from(`{"stream":"${DIRECTORY_STREAM}","entries":${isEmpty ? 'null' : '['}`, 'latin1');
}

/** The end of a directory object whose head was written with the same `isEmpty`. */
export function directoryTail(
  isEmpty: boolean,
  summary: DirectorySummary,
  extra?: DirectoryExtra,
): Uint8Array {
  const additions = extra === undefined ? '' : `,"${EXTRA_KEY}":${encodeDirectoryExtra(extra)}`;
  return Buffer.from(`${isEmpty ? '' : ']'},"summary":${encodeSummary(summary)}${additions}}\n`, 'latin1');
}

/** A whole directory object; `entries` in the order of `compareEntries`. */
export function encodeDirectory(
  entries: readonly DirectoryEntry[],
  summary: DirectorySummary,
  extra?: DirectoryExtra,
): Uint8Array {
  const isEmpty = entries.length === 0;
  const list = Buffer.from(entries.map(encodeEntry).join(','), 'latin1');
  return Buffer.concat([directoryHead(isEmpty), list, directoryTail(isEmpty, summary, extra)]);
}
