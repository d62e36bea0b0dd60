import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SealingKey } from './keys.ts';

const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** Seals a small piece of the format: nonce (12) || AES-256-GCM ciphertext || tag (16).
 *  A nonce must not be used twice with one key. Source: kopia internal/crypto/aesgcm.go. */
export function sealField(
  plain: Uint8Array,
  { key, aad }: SealingKey,
  nonce: Uint8Array = randomBytes(NONCE_LENGTH),
): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_LENGTH });
  cipher.setAAD(aad);
  const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return new Uint8Array(sealed);
}

/** What `sealField` was given, or undefined when `sealed` was made with another key or is damaged: which of the two
 *  can't be told, and what it means (a wrong password, a corrupt blob) only the caller knows. */
export function openField(sealed: Uint8Array, { key, aad }: SealingKey): Uint8Array | undefined {
  const end = sealed.length - TAG_LENGTH;
  if (end < NONCE_LENGTH) return undefined;
  const nonce = sealed.subarray(0, NONCE_LENGTH);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_LENGTH });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(end));
  try {
    return new Uint8Array(
      Buffer.concat([decipher.update(sealed.subarray(NONCE_LENGTH, end)), decipher.final()]),
    );
  } catch {
    return undefined;
  }
}
