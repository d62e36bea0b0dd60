import type { CipherGCM, DecipherGCM, KeyObject } from 'node:crypto';
import { RepositoryError } from '../errors.ts';
import { countYoungGarbage } from '../young-garbage.ts';
import type { ByteSink, ContentCipher, PieceDecryption } from './cipher.ts';
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
      if (stored.length < OVERHEAD) throw corrupt(primitive, stored.length);
      const decipher = primitive.decryptor(keyOf(iv), stored.subarray(0, NONCE_LENGTH));
      const length = decryptSpans(decipher, iv, stored, out);
      countYoungGarbage(stored.length + OBJECT_BYTES);
      if (length < 0) throw corrupt(primitive, stored.length);
      return length;
    },
    decryptPieces: (iv, sink) => new AeadPieces(primitive, keyOf(iv), iv, sink),
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

/** Decrypts what comes in pieces. The last bytes may be the tag, so as many are held back. */
class AeadPieces implements PieceDecryption {
  readonly #primitive: AeadPrimitive;
  readonly #key: KeyObject;
  readonly #iv: Uint8Array;
  readonly #sink: ByteSink;
  #decipher: DecipherGCM | undefined;
  #held: Uint8Array = new Uint8Array(0);
  #length = 0;

  constructor(primitive: AeadPrimitive, key: KeyObject, iv: Uint8Array, sink: ByteSink) {
    this.#primitive = primitive;
    this.#key = key;
    this.#iv = iv;
    this.#sink = sink;
  }

  write(bytes: Uint8Array): void {
    this.#length += bytes.length;
    const known = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const rest = this.#decipher === undefined ? this.#begin(known) : known;
    const end = Math.max(0, rest.length - TAG_LENGTH);
    if (this.#decipher !== undefined) this.#decrypt(this.#decipher, rest.subarray(0, end));
    // A copy: a view would keep the whole piece.
    this.#held = new Uint8Array(rest.subarray(this.#decipher === undefined ? 0 : end));
  }

  finish(): void {
    if (this.#decipher === undefined || this.#held.length < TAG_LENGTH)
      throw corrupt(this.#primitive, this.#length);
    this.#decipher.setAuthTag(this.#held);
    try {
      this.#decipher.final();
    } catch {
      throw corrupt(this.#primitive, this.#length);
    }
  }

  /** Starts with the nonce as soon as it is complete, and returns what is behind it. */
  #begin(known: Uint8Array): Uint8Array {
    if (known.length < NONCE_LENGTH) return known;
    this.#decipher = this.#primitive.decryptor(this.#key, known.subarray(0, NONCE_LENGTH));
    this.#decipher.setAAD(this.#iv);
    return known.subarray(NONCE_LENGTH);
  }

  #decrypt(decipher: DecipherGCM, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += SPAN)
      this.#sink.write(decipher.update(bytes.subarray(at, at + SPAN)));
    countYoungGarbage(bytes.length);
  }
}

function corrupt({ name }: AeadPrimitive, storedLength: number): RepositoryError {
  const reason = storedLength < OVERHEAD ? 'is too short' : 'does not match its authentication tag';
  return new RepositoryError('CONTENT_CORRUPT', `encrypted data ${reason}: it was damaged or replaced`, {
    encryption: name,
    storedLength,
  });
}
