import { RepositoryError } from '../errors.ts';
import { createAead } from './aead.ts';
import { aes256Gcm } from './aes256-gcm.ts';
import { chacha20Poly1305 } from './chacha20-poly1305.ts';
import type { ContentCipher, EncryptionAlgorithm } from './cipher.ts';
import { fastCipher } from './fast-cipher.ts';

/** Every encryption of the format by name. */
export const ENCRYPTIONS: Readonly<Record<string, EncryptionAlgorithm>> = {
  'AES256-GCM-HMAC-SHA256': {
    create: (masterKey) => fastCipher(createAead(aes256Gcm, masterKey), 'EVP_aes_256_gcm', masterKey),
  },
  'CHACHA20-POLY1305-HMAC-SHA256': {
    create: (masterKey) =>
      fastCipher(createAead(chacha20Poly1305, masterKey), 'EVP_chacha20_poly1305', masterKey),
  },
};

/** Makes the cipher `name` for one thread. Throws ALGORITHM_UNKNOWN. */
export function createCipher(name: string, masterKey: Uint8Array): ContentCipher {
  const algorithm = Object.hasOwn(ENCRYPTIONS, name) ? ENCRYPTIONS[name] : undefined;
  if (algorithm === undefined) {
    const message = `unknown encryption ${JSON.stringify(name)}`;
    throw new RepositoryError('ALGORITHM_UNKNOWN', message, { encryption: name });
  }
  return algorithm.create(masterKey);
}
