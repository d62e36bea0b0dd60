import { asRoomy, type ByteSink, type ContentCipher, type RoomySink } from './cipher.ts';
import { deriveContentSecret } from './content-key.ts';
import { NONCE_LENGTH, type NonceSource, randomNonces } from './nonces.ts';
import type { OpenSsl, Pointer } from './openssl.ts';

/** The ciphers as OpenSSL names them. */
export type EvpCipher = 'EVP_aes_256_gcm' | 'EVP_chacha20_poly1305';

const TAG_LENGTH = 16;
const KEY_LENGTH = 32;
const GET_TAG = 0x10;
const SET_TAG = 0x11;
const OK = 1;
const SPAN = 32 << 10; // stays in the cache between being encrypted and being copied
const LONGEST_UPDATE = 1 << 30; // lengths are C ints

/** The same stored form as `createAead` makes, without an object or a buffer for each content: 4 us and 0.17 ms for contents of
 *  100 bytes and 1 MiB, where that takes 17 and 1.1. Keeps its OpenSSL context as long as the process lives. */
export class OpenSslAead implements Pick<ContentCipher, 'encrypt'> {
  readonly #ssl: OpenSsl;
  readonly #cipher: Pointer;
  readonly #sha256: Pointer;
  readonly #context: Pointer;
  readonly #secret: Uint8Array;
  readonly #nextNonce: NonceSource;
  readonly #key: Uint8Array = new Uint8Array(KEY_LENGTH);
  readonly #tag: Uint8Array = new Uint8Array(TAG_LENGTH);
  readonly #span: Uint8Array = new Uint8Array(SPAN);
  readonly #length: Int32Array = new Int32Array(1);

  constructor(
    ssl: OpenSsl,
    cipher: EvpCipher,
    masterKey: Uint8Array,
    nextNonce: NonceSource = randomNonces(),
  ) {
    this.#ssl = ssl;
    this.#cipher = ssl[cipher]();
    this.#sha256 = ssl.EVP_sha256();
    this.#context = ssl.EVP_CIPHER_CTX_new();
    if (this.#context === null) this.#expect(0);
    this.#secret = deriveContentSecret(masterKey);
    this.#nextNonce = nextNonce;
  }

  encrypt(plain: Uint8Array, iv: Uint8Array, sink: ByteSink): void {
    const nonce = this.#nextNonce();
    this.#begin(iv, nonce, 1);
    sink.write(nonce);
    const roomy = asRoomy(sink);
    if (roomy !== undefined) this.#encryptInto(roomy, plain);
    else this.#encryptSpans(plain, sink);
    this.#expect(this.#ssl.EVP_CipherFinal_ex(this.#context, this.#tag, this.#length));
    this.#expect(this.#ssl.EVP_CIPHER_CTX_ctrl(this.#context, GET_TAG, TAG_LENGTH, this.#tag));
    sink.write(this.#tag);
  }

  /** Straight into the sink's memory: a copy takes a third of the time that AES does. */
  #encryptInto(sink: RoomySink, plain: Uint8Array): void {
    for (let at = 0; at < plain.length;) {
      const room = sink.room();
      const length = Math.min(room.length, plain.length - at);
      this.#update(room, at === 0 ? plain : plain.subarray(at), length);
      sink.advance(length);
      at += length;
    }
  }

  #encryptSpans(plain: Uint8Array, sink: ByteSink): void {
    for (let at = 0; at < plain.length; at += SPAN) {
      const length = Math.min(SPAN, plain.length - at);
      this.#update(this.#span, at === 0 ? plain : plain.subarray(at), length);
      sink.write(length === SPAN ? this.#span : this.#span.subarray(0, length));
    }
  }

  /** As `ContentCipher.decrypt`, but returns undefined when the tag does not match or a buffer is too short. */
  decrypt(stored: Uint8Array, iv: Uint8Array, out: Uint8Array): number | undefined {
    const length = stored.length - NONCE_LENGTH - TAG_LENGTH;
    if (length < 0 || out.length < length) return undefined;
    this.#begin(iv, stored, 0);
    for (let at = 0; at < length; at += LONGEST_UPDATE) {
      const from = stored.subarray(NONCE_LENGTH + at);
      this.#update(at === 0 ? out : out.subarray(at), from, Math.min(LONGEST_UPDATE, length - at));
    }
    const tag = stored.subarray(stored.length - TAG_LENGTH);
    this.#expect(this.#ssl.EVP_CIPHER_CTX_ctrl(this.#context, SET_TAG, TAG_LENGTH, tag));
    const isGenuine = this.#ssl.EVP_CipherFinal_ex(this.#context, this.#tag, this.#length) === OK;
    return isGenuine ? length : undefined;
  }

  /** Starts with the key that belongs to `iv` and the first bytes of `nonce`. */
  #begin(iv: Uint8Array, nonce: Uint8Array, encrypts: 0 | 1): void {
    const ssl = this.#ssl;
    const [secret, key] = [this.#secret, this.#key];
    if (ssl.HMAC(this.#sha256, secret, secret.length, iv, iv.length, key, null) === null) this.#expect(0);
    this.#expect(ssl.EVP_CipherInit_ex(this.#context, this.#cipher, null, this.#key, nonce, encrypts));
    if (iv.length > 0) this.#expect(ssl.EVP_CipherUpdate(this.#context, null, this.#length, iv, iv.length));
  }

  #update(out: Uint8Array, bytes: Uint8Array, length: number): void {
    this.#expect(this.#ssl.EVP_CipherUpdate(this.#context, out, this.#length, bytes, length));
  }

  #expect(result: number): void {
    if (result !== OK) throw new Error('OpenSSL refused to encrypt or decrypt');
  }
}
