import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';

/** Memory of OpenSSL that is only passed back to it. */
export type Pointer = number | bigint | null;

/** One element of an `OSSL_PARAM` array, whose last one has no key. */
export interface OsslParam {
  readonly key: string | null;
  readonly data_type: number;
  readonly data: Uint8Array | null;
  readonly data_size: number;
  readonly return_size: number;
}

/** The keyed hashes of OpenSSL 3, which Node brings with it and exports; `node:crypto` has no way to them. Arguments as in
 *  OpenSSL's manual; nothing checks lengths here. */
export interface OpenSslMac {
  EVP_MAC_fetch(context: null, name: string, properties: null): Pointer;
  EVP_MAC_CTX_new(mac: Pointer): Pointer;
  EVP_MAC_init(
    context: Pointer,
    key: Uint8Array | null,
    keyLength: number,
    parameters: readonly OsslParam[] | null,
  ): number;
  EVP_MAC_update(context: Pointer, data: Uint8Array, length: number): number;
  EVP_MAC_final(context: Pointer, out: Uint8Array, outLength: null, outSize: number): number;
}

let loaded: OpenSslMac | null | undefined;

/** The calls of this process's OpenSSL, or null where they can't be had: another system, no koffi, a Node that hides them. */
export function loadOpenSslMac(): OpenSslMac | null {
  loaded ??= bindOpenSslMac();
  return loaded;
}

function bindOpenSslMac(): OpenSslMac | null {
  try {
    const koffi: typeof Koffi = createRequire(import.meta.url)('koffi');
    const library = koffi.load(null);
    const param = koffi.struct({
      key: 'const char *',
      data_type: 'unsigned int',
      data: 'void *',
      data_size: 'size_t',
      return_size: 'size_t',
    } satisfies Record<keyof OsslParam, string>);
    const calls = {
      EVP_MAC_fetch: library.func(
        'void *EVP_MAC_fetch(void *context, const char *name, const char *properties)',
      ),
      EVP_MAC_CTX_new: library.func('void *EVP_MAC_CTX_new(void *mac)'),
      EVP_MAC_init: library.func('EVP_MAC_init', 'int', ['void *', 'void *', 'size_t', koffi.pointer(param)]),
      EVP_MAC_update: library.func('int EVP_MAC_update(void *context, const void *data, size_t length)'),
      EVP_MAC_final: library.func(
        'int EVP_MAC_final(void *context, void *out, void *outLength, size_t outSize)',
      ),
    } satisfies Record<keyof OpenSslMac, unknown>;
    // The C declarations above say these types; TypeScript can't read them.
    return calls as unknown as OpenSslMac;
  } catch {
    return null;
  }
}
