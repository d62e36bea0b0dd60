import { RepositoryError } from '../errors.ts';

/** Name of a content: one optional letter `g`..`z`, then the hash in lower-case hex. */
export type ContentId = string & { readonly __brand: 'ContentId' };

/** Letter in front of a content's hash; `''` is file data. */
export type ContentPrefix =
  | ''
  | `${'g' | 'h' | 'i' | 'j' | 'k' | 'l' | 'm' | 'n' | 'o' | 'p' | 'q' | 'r' | 's' | 't' | 'u' | 'v' | 'w' | 'x' | 'y' | 'z'}`;

const PATTERN = /^[g-z]?(?:[0-9a-f]{2}){1,64}$/;

/** Throws ID_INVALID. */
export function parseContentId(text: string): ContentId {
  if (!PATTERN.test(text))
    throw new RepositoryError('ID_INVALID', `not a content ID: ${JSON.stringify(text)}`);
  // The pattern is the type's definition.
  return text as ContentId;
}

/** The ID of a content with this prefix and hash. */
export function contentIdOf(prefix: ContentPrefix, hash: Uint8Array): ContentId {
  // Made of the two parts that the type consists of.
  return (prefix + Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('hex')) as ContentId;
}

/** Index key of a content: prefix character (0 when none), then the hash. */
export function contentKey(id: ContentId): Uint8Array {
  const key = Buffer.alloc(1 + (id.length >> 1));
  writeContentKey(id, key);
  return new Uint8Array(key.buffer, key.byteOffset, key.length);
}

/** Writes the index key to the start of `into` and returns its length: for millions of them without as many arrays. */
export function writeContentKey(id: ContentId, into: Buffer): number {
  const isPrefixed = id.length % 2 === 1;
  into[0] = isPrefixed ? id.charCodeAt(0) : 0;
  return 1 + into.write(isPrefixed ? id.slice(1) : id, 1, 'hex');
}

/** Inverse of `contentKey`. */
export function contentIdFromKey(key: Uint8Array): ContentId {
  const letter = key[0] ?? 0;
  return parseContentId(
    (letter === 0 ? '' : String.fromCharCode(letter)) + Buffer.from(key).toString('hex', 1),
  );
}
