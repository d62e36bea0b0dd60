import { isBlobId } from './blob-id.ts';
import type { BlobId } from './storage.ts';

/** Key of a blob in a bucket: the prefix is literal, so that it is a directory only when it ends with a slash. */
export function objectKey(prefix: string, id: string): string {
  return prefix + id;
}

/** What follows the prefix in the first of these keys that is no blob's; the mark of the directory itself doesn't count. */
export function foreignName(prefix: string, keys: Iterable<string | undefined>): string | undefined {
  for (const key of keys) {
    const name = key?.startsWith(prefix) === true ? key.slice(prefix.length) : '';
    if (name !== '' && !isBlobId(name)) return name;
  }
  return undefined;
}

/** The blob that a key names, or undefined for what is not a blob: the mark of an empty directory, other people's files. */
export function blobOfKey(prefix: string, key: string | undefined): BlobId | undefined {
  if (key === undefined || !key.startsWith(prefix)) return undefined;
  const name = key.slice(prefix.length);
  return isBlobId(name) ? name : undefined;
}
