import { RepositoryError } from '../errors.ts';
import type { BlobId } from './storage.ts';

/** Printable ASCII without the slash: a name that is one file name, one object key and the same text everywhere.
 *  kopia writes nothing else. */
const PATTERN = /^[\x20-\x2e\x30-\x7e]+$/;

/** Whether `text` can name a blob. */
export function isBlobId(text: string): text is BlobId {
  return PATTERN.test(text);
}

/** Throws ID_INVALID. */
export function parseBlobId(text: string): BlobId {
  if (!isBlobId(text)) throw new RepositoryError('ID_INVALID', `not a blob name: ${JSON.stringify(text)}`);
  return text;
}
