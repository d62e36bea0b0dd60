import type { CipherGCM, DecipherGCM, KeyObject } from 'node:crypto';
import { RepositoryError } from '../errors.ts';
import { countYoungGarbage } from '../young-garbage.ts';
import type { ByteSink, ContentCipher } from './cipher.ts';
import { contentKeys } from './content-key.ts';
import { NONCE_LENGTH, type NonceSource, randomNonces } from './nonces.ts';

/** What differs between the ciphers: how OpenSSL starts them. Both have 12-byte nonces and 16-byte tags. */
export interface AeadPrimitive {
  readonly name: string;
  encryptor(key: KeyObject, nonce: Uint8Array): CipherGCM;
  decryptor(key: KeyObject, nonce: Uint8Array): DecipherGCM;
}

/** Bytes of an authentication tag. */
export const TAG_LENGTH = 16;

const OVERHEAD = NONCE_LENGTH + TAG_LENGTH;
const SPAN = 16384; // each update allocates its output: spans this small stay in the cache, and make 3 GB/s
const OBJECT_BYTES = 1024; // what OpenSSL holds for one cipher and its key, about

/** A cipher whose keys follow from `masterKey` and the iv of each content. */
export function createAead(
  primitive: AeadPrimitive,
  masterKey: Uint8Array,
  nextNonce: NonceSource = randomNonces(),
): ContentCipher {
  const keyOf = contentKeys(masterKey);
  return {
    overhead: OVERHEAD,
    encrypt(plain, iv, sink) {
      const nonce = nextNonce();
      sink.write(nonce);
      encryptSpans(primitive.encryptor(keyOf(iv), nonce), iv, plain, sink);
      countYoungGarbage(plain.length + OBJECT_BYTES);
    },
    decrypt(stored, iv, out) {
      if (stored.length < OVERHEAD) throw corrupt(primitive, stored);
      const decipher = primitive.decryptor(keyOf(iv), stored.subarray(0, NONCE_LENGTH));
      const length = decryptSpans(decipher, iv, stored, out);
      countYoungGarbage(stored.length + OBJECT_BYTES);
      if (length < 0) throw corrupt(primitive, stored);
      return length;
    },
  };
}

function encryptSpans(cipher: CipherGCM, iv: Uint8Array, plain: Uint8Array, sink: ByteSink): void {
  cipher.setAAD(iv);
  for (let at = 0; at < plain.length; at += SPAN) sink.write(cipher.update(plain.subarray(at, at + SPAN)));
  cipher.final();
  sink.write(cipher.getAuthTag());
}

/** The plain length, or -1 when the tag does not match. */
function decryptSpans(decipher: DecipherGCM, iv: Uint8Array, stored: Uint8Array, out: Uint8Array): number {
  const end = stored.length - TAG_LENGTH;
  decipher.setAAD(iv);
  decipher.setAuthTag(stored.subarray(end));
  for (let at = NONCE_LENGTH; at < end; at += SPAN) {
    out.set(decipher.update(stored.subarray(at, Math.min(at + SPAN, end))), at - NONCE_LENGTH);
  }
  try {
    decipher.final();
  } catch {
    return -1;
  }
  return end - NONCE_LENGTH;
}

function corrupt({ name }: AeadPrimitive, stored: Uint8Array): RepositoryError {
  const reason = stored.length < OVERHEAD ? 'is too short' : 'does not match its authentication tag';
  return new RepositoryError('CONTENT_CORRUPT', `encrypted data ${reason}: it was damaged or replaced`, {
    encryption: name,
    storedLength: stored.length,
  });
}
