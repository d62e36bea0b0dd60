import type { ContentCipher } from './cipher.ts';
import type { NonceSource } from './nonces.ts';
import { loadOpenSsl } from './openssl.ts';
import { type EvpCipher, OpenSslAead } from './openssl-aead.ts';

/** Contents after which loading the binding has paid; short commands never come that far. */
const WORTH_LOADING = 32;
const PROBE = Buffer.from('The quick brown fox jumps over the lazy dog');

/** `portable`, with the work of many contents done by OpenSSL's own functions where they can be called and agree with it. */
export function fastCipher(
  portable: ContentCipher,
  evpCipher: EvpCipher,
  masterKey: Uint8Array,
  nextNonce?: NonceSource,
): ContentCipher {
  let count = 0;
  let native: OpenSslAead | undefined;
  const nativeWhenPaid = (): OpenSslAead | undefined => {
    if (++count === WORTH_LOADING) native = nativeCipher(portable, evpCipher, masterKey, nextNonce);
    return native;
  };
  return {
    ...portable,
    encrypt: (plain, iv, sink) => (nativeWhenPaid() ?? portable).encrypt(plain, iv, sink),
    // What OpenSSL refuses is asked of the portable one again, which says what is wrong with it.
    decrypt: (stored, iv, out) =>
      nativeWhenPaid()?.decrypt(stored, iv, out) ?? portable.decrypt(stored, iv, out),
  };
}

/** Undefined where there is none, or where it does not make what `portable` reads. */
export function nativeCipher(
  portable: ContentCipher,
  evpCipher: EvpCipher,
  masterKey: Uint8Array,
  nextNonce?: NonceSource,
): OpenSslAead | undefined {
  const ssl = loadOpenSsl();
  if (ssl === null) return undefined;
  try {
    const native = new OpenSslAead(ssl, evpCipher, masterKey, nextNonce);
    const stored: Uint8Array[] = [];
    native.encrypt(PROBE, PROBE.subarray(0, 16), { write: (bytes) => stored.push(Uint8Array.from(bytes)) });
    const out = new Uint8Array(PROBE.length);
    portable.decrypt(Buffer.concat(stored), PROBE.subarray(0, 16), out);
    return PROBE.equals(out) ? native : undefined;
  } catch {
    return undefined;
  }
}
