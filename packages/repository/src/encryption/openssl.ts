import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';

/** Memory of OpenSSL that is only passed back to it. */
export type Pointer = number | bigint | null;

/** OpenSSL, which Node brings with it and exports: `node:crypto` makes several objects for every content, and new memory for
 *  every output. Arguments as in OpenSSL's manual; nothing checks lengths here. */
export interface OpenSsl {
  EVP_CIPHER_CTX_new(): Pointer;
  EVP_aes_256_gcm(): Pointer;
  EVP_chacha20_poly1305(): Pointer;
  EVP_sha256(): Pointer;
  EVP_CipherInit_ex(
    context: Pointer,
    cipher: Pointer,
    engine: null,
    key: Uint8Array | null,
    nonce: Uint8Array | null,
    encrypts: 0 | 1,
  ): number;
  EVP_CipherUpdate(
    context: Pointer,
    out: Uint8Array | null,
    outLength: Int32Array,
    bytes: Uint8Array,
    length: number,
  ): number;
  EVP_CipherFinal_ex(context: Pointer, out: Uint8Array, outLength: Int32Array): number;
  EVP_CIPHER_CTX_ctrl(context: Pointer, command: number, length: number, bytes: Uint8Array): number;
  HMAC(
    digest: Pointer,
    key: Uint8Array,
    keyLength: number,
    data: Uint8Array,
    length: number,
    out: Uint8Array,
    outLength: null,
  ): Pointer;
}

const DECLARATIONS: Readonly<Record<keyof OpenSsl, string>> = {
  EVP_CIPHER_CTX_new: 'void *EVP_CIPHER_CTX_new()',
  EVP_aes_256_gcm: 'const void *EVP_aes_256_gcm()',
  EVP_chacha20_poly1305: 'const void *EVP_chacha20_poly1305()',
  EVP_sha256: 'const void *EVP_sha256()',
  EVP_CipherInit_ex:
    'int EVP_CipherInit_ex(void *context, const void *cipher, void *engine, const void *key, const void *nonce, int encrypts)',
  EVP_CipherUpdate:
    'int EVP_CipherUpdate(void *context, void *out, void *outLength, const void *bytes, int length)',
  EVP_CipherFinal_ex: 'int EVP_CipherFinal_ex(void *context, void *out, void *outLength)',
  EVP_CIPHER_CTX_ctrl: 'int EVP_CIPHER_CTX_ctrl(void *context, int command, int length, void *bytes)',
  HMAC: 'void *HMAC(const void *digest, const void *key, int keyLength, const void *data, size_t length, void *out, void *outLength)',
};

let loaded: OpenSsl | null | undefined;

/** The calls of this process's OpenSSL, or null where they can't be had: another system, no koffi, a Node that hides them. */
export function loadOpenSsl(): OpenSsl | null {
  loaded ??= bindOpenSsl();
  return loaded;
}

function bindOpenSsl(): OpenSsl | null {
  try {
    const koffi: typeof Koffi = createRequire(import.meta.url)('koffi');
    const library = koffi.load(null);
    const calls = Object.values(DECLARATIONS).map((declaration) => library.func(declaration));
    const names = Object.keys(DECLARATIONS);
    // The C declarations above say these types; TypeScript can't read them.
    return Object.fromEntries(calls.map((call, i) => [names[i], call])) as unknown as OpenSsl;
  } catch {
    return null;
  }
}
