import type { ErrorCorrection } from '../ecc/ecc.ts';
import { createErrorCorrection } from '../ecc/registry.ts';
import type { ContentCipher } from '../encryption/cipher.ts';
import { createCipher } from '../encryption/registry.ts';
import type { Hasher } from '../hashing/hasher.ts';
import { createHasher } from '../hashing/registry.ts';

/** What a thread must know to write and read contents: plain data, so that it can be sent to a worker.
 *  Holds secrets: never logged. */
export interface ContentFormat {
  readonly hash: string;
  readonly encryption: string;
  /** '' when there is no error correction. */
  readonly ecc: string;
  readonly eccOverheadPercent: number;
  readonly secret: Uint8Array;
  readonly masterKey: Uint8Array;
  readonly formatVersion: number;
  readonly indexVersion: number;
  readonly maxPackSize: number;
  readonly splitter: string;
}

/** The algorithms of a format, made for one thread. */
export interface ContentCrypto {
  readonly hasher: Hasher;
  readonly cipher: ContentCipher;
  readonly ecc: ErrorCorrection | undefined;
}

/** Throws ALGORITHM_UNKNOWN. */
export async function createContentCrypto(format: ContentFormat): Promise<ContentCrypto> {
  return {
    hasher: await createHasher(format.hash, format.secret),
    cipher: createCipher(format.encryption, format.masterKey),
    ecc: format.ecc === '' ? undefined : createErrorCorrection(format.ecc, format.eccOverheadPercent),
  };
}

/** Encryption IV of a packed content: the last 16 bytes of its hash. */
export function contentIv(hash: Uint8Array): Uint8Array {
  return hash.subarray(hash.length - 16);
}
