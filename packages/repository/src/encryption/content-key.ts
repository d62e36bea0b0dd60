import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** The secret from which the key of every content follows. The purpose is the salt here, and nothing the info: all other
 *  keys of the format are derived the other way round. Source: kopia repo/encryption/encryption.go. */
export function deriveContentSecret(masterKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', masterKey, 'encryption', new Uint8Array(0), 32));
}

/** Derives the key of one content or blob from its iv. */
export type ContentKeyDerivation = (iv: Uint8Array) => KeyObject;

/** Keys as objects: an HMAC with one takes 2 us and a cipher 5; with the bytes themselves they take 12 and 15. */
export function contentKeys(masterKey: Uint8Array): ContentKeyDerivation {
  const secret = createSecretKey(deriveContentSecret(masterKey));
  return (iv) => createSecretKey(createHmac('sha256', secret).update(iv).digest());
}
