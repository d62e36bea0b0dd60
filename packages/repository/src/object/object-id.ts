import { type ContentId, type ContentPrefix, parseContentId } from '../content/content-id.ts';
import { RepositoryError } from '../errors.ts';

/** Name of an object: `I` for each level of indirection, `Z` when compressed as a whole, then a content ID. */
export type ObjectId = string & { readonly __brand: 'ObjectId' };

/** What an object ID says about where the bytes are. */
export type ObjectForm =
  | { readonly kind: 'content'; readonly contentId: ContentId; readonly compressed: boolean }
  | { readonly kind: 'indirect'; readonly listId: ObjectId };

/** Throws ID_INVALID. */
export function parseObjectId(text: string): ObjectId {
  const match = /^(I*)(Z?)D?([g-z]?[0-9a-f]+)$/.exec(text);
  if (!match || (match[1] !== '' && match[2] !== ''))
    throw new RepositoryError('ID_INVALID', `not an object ID: ${JSON.stringify(text.slice(0, 200))}`);
  parseContentId(match[3] ?? '');
  // The pattern is the type's definition.
  return `${match[1]}${match[2]}${match[3]}` as ObjectId;
}

/** How to read the object. */
export function objectForm(id: ObjectId): ObjectForm {
  if (id.startsWith('I')) return { kind: 'indirect', listId: parseObjectId(id.slice(1)) };
  const compressed = id.startsWith('Z');
  return { kind: 'content', contentId: parseContentId(compressed ? id.slice(1) : id), compressed };
}

/** The object that consists of one content. */
export function directObjectId(id: ContentId): ObjectId {
  return parseObjectId(id);
}

/** The object whose list of parts is `listId`. */
export function indirectObjectId(listId: ObjectId): ObjectId {
  return parseObjectId(`I${listId}`);
}

/** Prefix of the contents that hold the object: `k` for directories, '' for data. */
export function objectPrefix(id: ObjectId): ContentPrefix {
  const letter = /^I*Z?([g-z]?)/.exec(id)?.[1] ?? '';
  // The pattern admits exactly the letters of the type.
  return letter as ContentPrefix;
}
