import type { BlobId, BlobReader, CallOptions, Retention } from '../blob/storage.ts';
import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import { BLOB_CONFIG_ID, decodeBlobConfig } from './blobcfg.ts';
import { checkFormat } from './features.ts';
import {
  decodeFormatBlob,
  FORMAT_BLOB_ID,
  FORMAT_ENCRYPTION,
  type FormatBlob,
  formatCorrupt,
} from './format-blob.ts';
import { deriveFormatKey, deriveFormatSealingKey, type FormatKeyMemory, type RootKeys } from './keys.ts';
import { decodeRepositoryFormat, type RepositoryFormat } from './parameters.ts';
import { openField } from './sealed-field.ts';

/** A format and the key that opens it. Holds a secret: never logged. */
export interface UnlockedFormat {
  readonly blob: FormatBlob;
  /** What the password stands for. */
  readonly formatKey: Uint8Array;
}

/** What opening a repository finds out first. Holds secrets: never logged. */
export interface OpenedFormat extends UnlockedFormat {
  /** kopia.repository as it is stored. */
  readonly bytes: Uint8Array;
  readonly format: RepositoryFormat;
  /** How blobs are to be kept from deletion; undefined when they are not. */
  readonly retention: Retention | undefined;
  /** To be shown to the user. */
  readonly warnings: readonly string[];
}

/** Chosen by the caller of `openFormat`. */
export interface OpenFormatOptions extends CallOptions {
  readonly upgradeOwnerId?: string;
  /** Saves deriving the key again. */
  readonly keyMemory?: FormatKeyMemory | undefined;
}

/** Reads and decrypts the format of a repository; takes as long as deriving a key from a password takes.
 *  Throws NOT_A_REPOSITORY, INVALID_PASSWORD, FORMAT_CORRUPT, what `checkFormat` throws, and what the storage throws. */
export async function openFormat(
  storage: BlobReader,
  password: string,
  options: OpenFormatOptions = {},
): Promise<OpenedFormat> {
  const bytes = await readFormatBlob(storage, options);
  const blob = decodeFormatBlob(bytes);
  const { formatKey, plain } = await openWithPassword(blob, password, options.keyMemory);
  const format = decodeFormat(plain);
  const warnings = checkFormat(format, options.upgradeOwnerId);
  const config = await readBlob(storage, BLOB_CONFIG_ID, options);
  const retention = config && decodeRetention(openBlobConfig(config, blob, [formatKey]));
  return { blob, bytes, format, retention, formatKey, warnings };
}

/** The decrypted format and the key that opened it: the remembered one where it fits, else the one derived now. */
async function openWithPassword(
  blob: FormatBlob,
  password: string,
  memory: FormatKeyMemory | undefined,
): Promise<{ readonly formatKey: Uint8Array; readonly plain: Uint8Array }> {
  const salt = memorySalt(blob);
  const known = await memory?.recall(salt);
  const opened = known && openField(blob.encryptedFormat, deriveFormatSealingKey(known, blob.uniqueId));
  if (known && opened) return { formatKey: known, plain: opened };
  const formatKey = await deriveFormatKey(password, blob.uniqueId, blob.keyAlgo);
  const plain = openFormatField(blob, formatKey);
  await memory?.keep(salt, formatKey);
  return { formatKey, plain };
}

/** Has `memory` know the key, so that opening with it derives nothing. */
export async function keepFormatKey(
  memory: FormatKeyMemory,
  { blob, formatKey }: UnlockedFormat,
): Promise<void> {
  await memory.keep(memorySalt(blob), formatKey);
}

/** What tells repositories, and ways to derive, apart. */
function memorySalt({ keyAlgo, uniqueId }: FormatBlob): Uint8Array {
  return Buffer.concat([Buffer.from(keyAlgo), uniqueId]);
}

/** The keys that others are derived from. */
export function rootKeys({ blob, format, formatKey }: OpenedFormat): RootKeys {
  const { masterKey, secret, enablePasswordChange } = format;
  return { formatKey, masterKey, secret, uniqueId: blob.uniqueId, enablePasswordChange };
}

/** The bytes of kopia.repository. Throws NOT_A_REPOSITORY; FORMAT_CORRUPT when only its companion is there. */
export async function readFormatBlob(storage: BlobReader, options: CallOptions): Promise<Uint8Array> {
  const bytes = await readBlob(storage, FORMAT_BLOB_ID, options);
  if (bytes) return bytes;
  if (await readBlob(storage, BLOB_CONFIG_ID, options)) throw formatMissing(storage);
  throw new RepositoryError(
    'NOT_A_REPOSITORY',
    `there is no repository in ${storage.description}: check the place (path, bucket, prefix), or create one there`,
    { storage: storage.description },
  );
}

/** The blob, or undefined when there is none. */
export async function readBlob(
  storage: BlobReader,
  id: BlobId,
  options: CallOptions,
): Promise<Uint8Array | undefined> {
  try {
    return await storage.get(id, undefined, options);
  } catch (error) {
    if (repositoryErrorCode(error) === 'BLOB_NOT_FOUND') return undefined;
    throw error;
  }
}

/** FORMAT_CORRUPT: what is left of a repository, or of an attempt to create one. */
export function formatMissing(storage: BlobReader): RepositoryError {
  return new RepositoryError(
    'FORMAT_CORRUPT',
    `${FORMAT_BLOB_ID} is missing in ${storage.description}, but ${BLOB_CONFIG_ID} is there: put it back from a copy; ` +
      `if nothing else is there, creating a repository was interrupted, and deleting ${BLOB_CONFIG_ID} clears the place`,
    { blob: FORMAT_BLOB_ID },
  );
}

/** The JSON in the format blob's encrypted field. Throws INVALID_PASSWORD, ALGORITHM_UNKNOWN. */
export function openFormatField(blob: FormatBlob, formatKey: Uint8Array): Uint8Array {
  if (blob.encryption !== FORMAT_ENCRYPTION) throw unknownEncryption(blob);
  const plain = openField(blob.encryptedFormat, deriveFormatSealingKey(formatKey, blob.uniqueId));
  if (plain) return plain;
  throw new RepositoryError(
    'INVALID_PASSWORD',
    `the password is wrong (or ${FORMAT_BLOB_ID} is damaged, if you are sure that it is right)`,
    { blob: FORMAT_BLOB_ID },
  );
}

/** The JSON in kopia.blobcfg, sealed with one of `keys`. Throws FORMAT_CORRUPT. */
export function openBlobConfig(
  sealed: Uint8Array,
  blob: FormatBlob,
  keys: readonly Uint8Array[],
): Uint8Array {
  for (const key of keys) {
    const plain = openField(sealed, deriveFormatSealingKey(key, blob.uniqueId));
    if (plain) return plain;
  }
  throw formatCorrupt(
    BLOB_CONFIG_ID,
    'it does not belong to this password; if changing the password was interrupted, do that again',
  );
}

/** Throws FORMAT_CORRUPT. */
export function decodeFormat(plain: Uint8Array): RepositoryFormat {
  try {
    return decodeRepositoryFormat(plain);
  } catch (error) {
    throw formatCorrupt(FORMAT_BLOB_ID, error);
  }
}

/** Throws FORMAT_CORRUPT. */
export function decodeRetention(plain: Uint8Array): Retention | undefined {
  try {
    return decodeBlobConfig(plain);
  } catch (error) {
    throw error instanceof RepositoryError ? error : formatCorrupt(BLOB_CONFIG_ID, error);
  }
}

function unknownEncryption({ encryption }: FormatBlob): RepositoryError {
  return new RepositoryError(
    'ALGORITHM_UNKNOWN',
    `unknown encryption ${JSON.stringify(encryption)} of ${FORMAT_BLOB_ID}; known is ${FORMAT_ENCRYPTION}`,
    { encryption },
  );
}
