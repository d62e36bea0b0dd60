import { type ErrorDetail, RepositoryError } from '../errors.ts';
import type { IndexEntry } from './entry.ts';

/** Where the parts of an index lie. Offsets are bytes from its start. */
export interface IndexHeader {
  readonly version: 1 | 2;
  /** Bytes of a key: prefix letter and hash. */
  readonly keyLength: number;
  /** Bytes of what follows each key. */
  readonly entrySize: number;
  /** Key and entry together. */
  readonly stride: number;
  readonly count: number;
  readonly entriesOffset: number;
  /** End of the entries; version 2 has its pack and format tables here. */
  readonly tablesOffset: number;
  readonly packCount: number;
  readonly formatCount: number;
  readonly baseTimestampSeconds: number;
}

/** An entry without its key. */
export type EntryFields = Omit<IndexEntry, 'key'>;

/** Decodes the entry that lies at `bytes[at]`, right behind its key. Throws INDEX_CORRUPT. */
export type EntryDecoder = (bytes: Uint8Array, at: number) => EntryFields;

/** An error that says what is wrong with an index, and where. */
export function indexCorrupt(problem: string, detail: ErrorDetail = {}): RepositoryError {
  return new RepositoryError(
    'INDEX_CORRUPT',
    `index is damaged: ${problem}; try to recover the index from the packs`,
    detail,
  );
}

/** Throws INDEX_CORRUPT unless the entries and tables that end at `end` lie within an index of `totalLength` bytes. */
export function checkFits(end: number, totalLength: number): void {
  if (end > totalLength)
    throw indexCorrupt(`its tables end at ${end}, the file at ${totalLength}`, { offset: end, totalLength });
}
