import type { GoJsonObject } from '../format/go-json.ts';
import type { JsonFields } from '../format/json-fields.ts';

/** Where a repository is stored, in kopia's words: the driver of `type` knows what its `config` means. May hold secrets. */
export interface StorageLocation {
  readonly type: string;
  readonly config: GoJsonObject;
}

/** Throws SyntaxError. */
export function decodeStorageLocation(fields: JsonFields): StorageLocation {
  const type = fields.string('type');
  if (type === '') throw new SyntaxError('the storage has no type');
  return { type, config: fields.object('config')?.members() ?? {} };
}

/** Inverse of `decodeStorageLocation`. */
export function encodeStorageLocation(location: StorageLocation): GoJsonObject {
  return { type: location.type, config: location.config };
}
