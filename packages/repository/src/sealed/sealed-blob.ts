import type { BlobId } from '../blob/storage.ts';
import type { ErrorCorrection } from '../ecc/ecc.ts';
import type { ContentCipher } from '../encryption/cipher.ts';
import { RepositoryError } from '../errors.ts';
import type { Hasher } from '../hashing/hasher.ts';

/** What seals and opens; made for one thread. */
export interface SealingCrypto {
  readonly hasher: Hasher;
  readonly cipher: ContentCipher;
  /** Undefined where the repository has no error correction. */
  readonly ecc: ErrorCorrection | undefined;
}

/** A blob ready to be stored. */
export interface SealedBlob {
  readonly id: BlobId;
  readonly bytes: Uint8Array;
}

/** Encrypts a whole blob: an index, a session marker, a log. Its name is `prefix`, the hash of `plain` in hex and,
 *  unless empty, `-` with `suffix`. The IV comes from the hash alone, so a caller may put another prefix in front.
 *  Source: kopia internal/blobcrypto/blob_crypto.go. */
export function sealBlob(
  prefix: string,
  plain: Uint8Array,
  suffix: string,
  crypto: SealingCrypto,
): SealedBlob {
  const hash = Buffer.alloc(crypto.hasher.digestLength);
  crypto.hasher.hash(plain, hash);
  const name = `${prefix}${hash.toString('hex')}${suffix === '' ? '' : `-${suffix}`}`;
  // A name by construction.
  const id = name as BlobId;
  return { id, bytes: seal(plain, ivOfBlob(id), crypto) };
}

/** The plain bytes of a sealed blob. Throws ID_INVALID when `id` holds no hash; CONTENT_CORRUPT or ECC_UNREPAIRABLE,
 *  naming the blob, when `bytes` are not what was sealed. */
export function openSealedBlob(id: BlobId, bytes: Uint8Array, crypto: SealingCrypto): Uint8Array {
  const iv = ivOfBlob(id);
  try {
    return open(bytes, iv, crypto);
  } catch (error) {
    throw withBlob(id, error);
  }
}

/** Runs `work`, and puts the blob's name into the error it rejects with. */
export async function namingBlob<T>(id: BlobId, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withBlob(id, error);
  }
}

function withBlob(id: BlobId, error: unknown): unknown {
  if (!(error instanceof RepositoryError) || error.detail['blob'] === id) return error;
  return new RepositoryError(
    error.code,
    `blob ${id}: ${error.message}`,
    { ...error.detail, blob: id },
    error,
  );
}

/** The stored form of `plain`: encrypted, then with error correction. */
export function seal(plain: Uint8Array, iv: Uint8Array, { cipher, ecc }: SealingCrypto): Uint8Array {
  const stored = new Uint8Array(plain.length + cipher.overhead);
  let length = 0;
  cipher.encrypt(plain, iv, {
    write: (bytes) => {
      stored.set(bytes, length);
      length += bytes.length;
    },
  });
  return ecc ? ecc.encode(stored) : stored;
}

/** Inverse of `seal`. Throws CONTENT_CORRUPT or ECC_UNREPAIRABLE. */
export function open(stored: Uint8Array, iv: Uint8Array, { cipher, ecc }: SealingCrypto): Uint8Array {
  const encrypted = ecc ? ecc.decode(stored) : stored;
  if (encrypted.length < cipher.overhead)
    throw new RepositoryError('CONTENT_CORRUPT', `${stored.length} bytes are too few to be encrypted data`);
  const plain = new Uint8Array(encrypted.length - cipher.overhead);
  return plain.subarray(0, cipher.decrypt(encrypted, iv, plain));
}

const IV_PATTERN = /^[^-]*?([0-9a-f]{32})(?:-|$)/;

/** What a blob is encrypted with besides the key: the 32 hex digits of its name before the first dash, or at the end.
 *  Throws ID_INVALID. */
export function ivOfBlob(id: BlobId): Uint8Array {
  const digits = IV_PATTERN.exec(id)?.[1];
  if (digits === undefined)
    throw new RepositoryError('ID_INVALID', `blob ${id} has no hash in its name, so it can't be decrypted`, {
      blob: id,
    });
  return Buffer.from(digits, 'hex');
}
