import { type EntryFields, indexCorrupt } from './header.ts';

const OFFSET_LIMIT = 2 ** 30;
const LENGTH_LIMIT = 2 ** 28;
const NAME_LIMIT = 256;
const TIME_LIMIT = 2 ** 32;

/** Throws INDEX_CORRUPT when an index has no room for a value: an entry like that was made from damaged data. */
export function checkLimits(fields: EntryFields): void {
  checkBelow(fields.packOffset, OFFSET_LIMIT, 'pack offset');
  checkBelow(fields.packedLength, LENGTH_LIMIT, 'stored length');
  checkBelow(fields.originalLength, LENGTH_LIMIT, 'length');
  checkBelow(fields.packBlobId.length - 1, NAME_LIMIT - 1, 'pack name length');
  checkBelow(fields.timestampSeconds, TIME_LIMIT, 'time');
}

function checkBelow(value: number, limit: number, what: string): void {
  if (!(value >= 0 && value < limit)) throw indexCorrupt(`a ${what} of ${value}`, { value, limit });
}
