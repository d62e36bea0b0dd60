import { hkdfSync, pbkdf2, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { RepositoryError } from '../errors.ts';

/** Turns a password into the format key, slowly. */
type PasswordDerivation = (password: string, salt: Uint8Array) => Promise<Uint8Array>;

const FORMAT_KEY_LENGTH = 32;
const LEAST_SALT_LENGTH = 16;

/** Derivation of new repositories. */
export const DEFAULT_KEY_ALGORITHM = 'scrypt-65536-8-1';

/** Every derivation of the format by name. Source: kopia internal/crypto/pb_key_deriver_*.go. */
export const KEY_ALGORITHMS: Readonly<Record<string, PasswordDerivation>> = {
  'scrypt-65536-8-1': scryptKey,
  'pbkdf2-sha256-600000': pbkdf2Key,
};

/** The key that the password of a repository stands for; takes a quarter of a second, off the calling thread.
 *  The password's UTF-8 bytes count, as they are. `uniqueId` is the repository's.
 *  Throws ALGORITHM_UNKNOWN, and FORMAT_CORRUPT for a unique ID too short to be one. */
export async function deriveFormatKey(
  password: string,
  uniqueId: Uint8Array,
  keyAlgo: string,
): Promise<Uint8Array> {
  const derive = Object.hasOwn(KEY_ALGORITHMS, keyAlgo) ? KEY_ALGORITHMS[keyAlgo] : undefined;
  if (derive === undefined) {
    const message = `unknown password derivation ${JSON.stringify(keyAlgo)}`;
    throw new RepositoryError('ALGORITHM_UNKNOWN', message, { keyAlgo });
  }
  if (uniqueId.length < LEAST_SALT_LENGTH) {
    const detail = { length: uniqueId.length, least: LEAST_SALT_LENGTH };
    throw new RepositoryError('FORMAT_CORRUPT', 'the unique ID of the repository is too short', detail);
  }
  return derive(password, uniqueId);
}

/** Remembers what `deriveFormatKey` returned for a password; `salt` tells repositories apart. */
export interface FormatKeyMemory {
  readonly recall: (salt: Uint8Array) => Promise<Uint8Array | undefined>;
  readonly keep: (salt: Uint8Array, key: Uint8Array) => Promise<void>;
}

/** The key for one purpose: HKDF-SHA256 of `base` with the repository's unique ID as salt and the purpose as info.
 *  Content keys are the exception, see encryption/content-key.ts.
 *  Source: kopia internal/crypto/key_derivation.go. */
export function derivePurposeKey(
  base: Uint8Array,
  uniqueId: Uint8Array,
  purpose: string,
  length: number,
): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', base, uniqueId, purpose, length));
}

/** The keys of a repository from which others are derived, as its format has them. */
export interface RootKeys {
  /** What the password stands for. */
  readonly formatKey: Uint8Array;
  readonly masterKey: Uint8Array;
  readonly secret: Uint8Array;
  readonly uniqueId: Uint8Array;
  /** Whether the password can change: what must outlive it is then derived from keys inside the format. */
  readonly enablePasswordChange: boolean;
}

/** What seals and opens a field, see sealed-field.ts. */
export interface SealingKey {
  readonly key: Uint8Array;
  readonly aad: Uint8Array;
}

/** For the encrypted part of kopia.repository, and for kopia.blobcfg. */
export function deriveFormatSealingKey(formatKey: Uint8Array, uniqueId: Uint8Array): SealingKey {
  return {
    key: derivePurposeKey(formatKey, uniqueId, 'AES', 32),
    aad: derivePurposeKey(formatKey, uniqueId, 'CHECKSUM', 32),
  };
}

/** For kopia.maintenance. */
export function deriveMaintenanceSealingKey(keys: RootKeys): SealingKey {
  const base = keys.enablePasswordChange ? keys.masterKey : keys.formatKey;
  return {
    key: derivePurposeKey(base, keys.uniqueId, 'maintenance schedule', 32),
    aad: Buffer.from('maintenance'),
  };
}

/** Protects the local cache against damage (HMAC-SHA256); never leaves the machine. */
export function deriveCacheKey(keys: RootKeys): Uint8Array {
  const base = keys.enablePasswordChange ? keys.secret : keys.formatKey;
  return derivePurposeKey(base, keys.uniqueId, 'local-cache-integrity', 16);
}

const scryptAsync = promisify<string, Uint8Array, number, object, Buffer>(scrypt);
const pbkdf2Async = promisify(pbkdf2);

async function scryptKey(password: string, salt: Uint8Array): Promise<Uint8Array> {
  // the algorithm itself takes 128 * N * r = 64 MiB; the default limit is half of that
  const options = { N: 65536, r: 8, p: 1, maxmem: 80 << 20 };
  return new Uint8Array(await scryptAsync(password, salt, FORMAT_KEY_LENGTH, options));
}

async function pbkdf2Key(password: string, salt: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await pbkdf2Async(password, salt, 600_000, FORMAT_KEY_LENGTH, 'sha256'));
}
