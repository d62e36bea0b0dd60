import { RepositoryError } from '../errors.ts';

/** Name of a manifest: 32 lower-case hex digits. */
export type ManifestId = string & { readonly __brand: 'ManifestId' };

/** Throws ID_INVALID. */
export function parseManifestId(text: string): ManifestId {
  if (!/^[0-9a-f]{32}$/.test(text))
    throw new RepositoryError('ID_INVALID', `not a manifest ID: ${JSON.stringify(text)}`);
  // The pattern is the type's definition.
  return text as ManifestId;
}

/** A new ID; `random` returns that many random bytes. */
export function newManifestId(random: (bytes: number) => Uint8Array): ManifestId {
  return parseManifestId(Buffer.from(random(16)).toString('hex'));
}
