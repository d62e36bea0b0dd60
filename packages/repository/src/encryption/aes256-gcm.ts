import { createCipheriv, createDecipheriv } from 'node:crypto';
import { type AeadPrimitive, TAG_LENGTH } from './aead.ts';

const options = { authTagLength: TAG_LENGTH };

/** AES-256-GCM. Source: kopia repo/encryption/aes256_gcm_hmac_sha256_encryptor.go. */
export const aes256Gcm: AeadPrimitive = {
  name: 'AES256-GCM-HMAC-SHA256',
  encryptor: (key, nonce) => createCipheriv('aes-256-gcm', key, nonce, options),
  decryptor: (key, nonce) => createDecipheriv('aes-256-gcm', key, nonce, options),
};
