import { createCipheriv, createDecipheriv } from 'node:crypto';
import { type AeadPrimitive, TAG_LENGTH } from './aead.ts';

const options = { authTagLength: TAG_LENGTH };

/** ChaCha20-Poly1305 of RFC 8439. Source: kopia repo/encryption/chacha20_poly1305_hmac_sha256_encryptor.go. */
export const chacha20Poly1305: AeadPrimitive = {
  name: 'CHACHA20-POLY1305-HMAC-SHA256',
  encryptor: (key, nonce) => createCipheriv('chacha20-poly1305', key, nonce, options),
  decryptor: (key, nonce) => createDecipheriv('chacha20-poly1305', key, nonce, options),
};
