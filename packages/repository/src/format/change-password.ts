import type { BlobStorage, CallOptions } from '../blob/storage.ts';
import { RepositoryError } from '../errors.ts';
import { BLOB_CONFIG_ID, encodeBlobConfig } from './blobcfg.ts';
import { checkFormat } from './features.ts';
import { decodeFormatBlob, type FormatBlob } from './format-blob.ts';
import { deriveFormatKey, deriveFormatSealingKey } from './keys.ts';
import {
  decodeFormat,
  decodeRetention,
  openBlobConfig,
  openFormatField,
  readBlob,
  readFormatBlob,
  type UnlockedFormat,
} from './open-format.ts';
import { sealField } from './sealed-field.ts';
import { writeFormatBlobs } from './write-format.ts';

/** The password of today and that of tomorrow. */
export interface PasswordChange {
  readonly oldPassword: string;
  readonly newPassword: string;
}

/** Seals what the password protects anew, byte for byte; contents stay as they are. Other clients notice within their
 *  15 minutes of caching. After an interruption one of the passwords opens the repository, or (with retention only) the
 *  same call completes the change. Gives the format as it is now, for `keepFormatKey`.
 *  Throws FORMAT_UNSUPPORTED when the repository cannot change its password, and what `openFormat` throws. */
export async function changePassword(
  storage: BlobStorage,
  { oldPassword, newPassword }: PasswordChange,
  random: (bytes: number) => Uint8Array,
  options: CallOptions = {},
): Promise<UnlockedFormat> {
  const blob = decodeFormatBlob(await readFormatBlob(storage, options));
  const oldKey = await deriveFormatKey(oldPassword, blob.uniqueId, blob.keyAlgo);
  const format = openFormatField(blob, oldKey);
  requirePasswordChange(format);
  const newKey = await deriveFormatKey(newPassword, blob.uniqueId, blob.keyAlgo);
  const config = await readConfig(storage, blob, [oldKey, newKey], options);
  const retention = decodeRetention(config);

  const sealingKey = deriveFormatSealingKey(newKey, blob.uniqueId);
  const seal = (plain: Uint8Array): Uint8Array => sealField(plain, sealingKey, random(12));
  const blobs = { format: { ...blob, encryptedFormat: seal(format) }, config: seal(config), retention };
  // Without kopia.blobcfg there is no retention either, and no moment at which its key is not that of the format.
  if (!retention) await storage.delete(BLOB_CONFIG_ID, options);
  await writeFormatBlobs(storage, blobs, options);
  return { blob: blobs.format, formatKey: newKey };
}

function requirePasswordChange(plain: Uint8Array): void {
  const format = decodeFormat(plain);
  checkFormat(format);
  if (format.enablePasswordChange) return;
  throw new RepositoryError(
    'FORMAT_UNSUPPORTED',
    'the password of this repository cannot change: it was created by kopia 0.8 or older, and its packs depend on it',
    { formatVersion: format.formatVersion },
  );
}

async function readConfig(
  storage: BlobStorage,
  blob: FormatBlob,
  keys: readonly Uint8Array[],
  options: CallOptions,
): Promise<Uint8Array> {
  const sealed = await readBlob(storage, BLOB_CONFIG_ID, options);
  return sealed ? openBlobConfig(sealed, blob, keys) : encodeBlobConfig(undefined);
}
