import { RepositoryError } from '../errors.ts';
import { parseGoJson, stringifyGo } from '../format/go-json.ts';
import { JsonFields, omitEmpty } from '../format/json-fields.ts';
import { decodeStorageLocation, encodeStorageLocation, type StorageLocation } from './storage-location.ts';

/** What a connection token carries. Anybody who has the token can read all of it. */
export interface TokenContent {
  readonly storage: StorageLocation;
  /** '' when the token is without. */
  readonly password: string;
}

const VERSION = '1';

/** base64url without padding of kopia's token JSON. Source: kopia repo/token.go. */
export function encodeConnectionToken({ storage, password }: TokenContent): string {
  const json = { version: VERSION, storage: encodeStorageLocation(storage), password: omitEmpty(password) };
  return Buffer.from(stringifyGo(json)).toString('base64url');
}

/** Throws CONFIG_INVALID; its message tells nothing of the token. */
export function decodeConnectionToken(token: string): TokenContent {
  try {
    const fields = new JsonFields(parseGoJson(Buffer.from(token, 'base64url').toString('utf8')), 'token');
    const version = fields.string('version');
    if (version !== VERSION) throw new SyntaxError(`its version is not "${VERSION}"`);
    const storage = fields.object('storage');
    if (!storage) throw new SyntaxError('it names no storage');
    return { storage: decodeStorageLocation(storage), password: fields.string('password') };
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : String(error);
    throw new RepositoryError('CONFIG_INVALID', `the connection token cannot be used: ${reason}`, {}, error);
  }
}
