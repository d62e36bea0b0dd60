import type { BlobStorage, CallOptions, Retention } from '../blob/storage.ts';
import { RepositoryError } from '../errors.ts';
import { BLOB_CONFIG_ID, encodeBlobConfig } from './blobcfg.ts';
import {
  DEFAULT_EPOCH_PARAMETERS,
  DEFAULT_MAX_PACK_SIZE,
  HOLDFAST_DEFAULTS,
  NEWEST_FORMAT_VERSION,
} from './defaults.ts';
import { NO_EPOCHS } from './epoch-parameters.ts';
import { checkFormat } from './features.ts';
import { FORMAT_BLOB_ID, FORMAT_ENCRYPTION, type FormatBlob } from './format-blob.ts';
import { deriveFormatKey, deriveFormatSealingKey } from './keys.ts';
import { formatMissing, readBlob } from './open-format.ts';
import { encodeRepositoryFormat, type RepositoryFormat } from './parameters.ts';
import { sealField } from './sealed-field.ts';
import { checkMaxPackSize } from './set-parameters.ts';
import { writeFormatBlobs } from './write-format.ts';

/** What can be chosen of a new repository; `HOLDFAST_DEFAULTS` otherwise. */
export interface NewFormat {
  readonly hash?: string;
  readonly encryption?: string;
  readonly splitter?: string;
  readonly keyAlgo?: string;
  /** 1 to 100; 0 for no error correction. */
  readonly eccOverheadPercent?: number;
  /** Bytes, 10 MiB to 120 MiB. */
  readonly maxPackSize?: number;
  /** Older ones are for older clients; 1 has neither epochs nor error correction, and its password can't change. */
  readonly formatVersion?: 1 | 2 | 3;
  readonly retention?: Retention;
}

/** Makes an empty repository; returns the key that its password stands for. `random` returns that many random bytes.
 *  Throws REPOSITORY_EXISTS, ALGORITHM_UNKNOWN, CONFIG_INVALID for values out of range, and what the storage throws. */
export async function createFormat(
  storage: BlobStorage,
  chosen: NewFormat,
  password: string,
  random: (bytes: number) => Uint8Array,
  options: CallOptions = {},
): Promise<Uint8Array> {
  const format = newFormat(chosen, random);
  checkRanges(format);
  checkFormat(format);
  const config = encodeBlobConfig(chosen.retention);
  await requireEmpty(storage, options);

  const identity = newIdentity(chosen, random(32));
  const formatKey = await deriveFormatKey(password, identity.uniqueId, identity.keyAlgo);
  const sealingKey = deriveFormatSealingKey(formatKey, identity.uniqueId);
  const seal = (plain: Uint8Array): Uint8Array => sealField(plain, sealingKey, random(12));
  const blob: FormatBlob = { ...identity, encryptedFormat: seal(encodeRepositoryFormat(format)) };
  await writeFormatBlobs(
    storage,
    { format: blob, config: seal(config), retention: chosen.retention },
    options,
  );
  return formatKey;
}

function newIdentity(chosen: NewFormat, uniqueId: Uint8Array): FormatBlob {
  return {
    tool: 'holdfast',
    buildVersion: '',
    buildInfo: '',
    uniqueId,
    keyAlgo: chosen.keyAlgo ?? HOLDFAST_DEFAULTS.keyAlgo,
    encryption: FORMAT_ENCRYPTION,
    encryptedFormat: new Uint8Array(),
    unknown: {},
  };
}

function newFormat(chosen: NewFormat, random: (bytes: number) => Uint8Array): RepositoryFormat {
  const formatVersion = chosen.formatVersion ?? NEWEST_FORMAT_VERSION;
  const modern = formatVersion > 1;
  const eccOverheadPercent = modern ? (chosen.eccOverheadPercent ?? 0) : 0;
  return {
    hash: chosen.hash ?? HOLDFAST_DEFAULTS.hash,
    encryption: chosen.encryption ?? HOLDFAST_DEFAULTS.encryption,
    ecc: eccOverheadPercent === 0 ? '' : 'REED-SOLOMON-CRC32',
    eccOverheadPercent,
    secret: random(32),
    masterKey: random(32),
    formatVersion,
    maxPackSize: chosen.maxPackSize ?? DEFAULT_MAX_PACK_SIZE,
    indexVersion: modern ? 2 : 1,
    epochParameters: modern ? DEFAULT_EPOCH_PARAMETERS : NO_EPOCHS,
    enablePasswordChange: modern,
    splitter: chosen.splitter ?? HOLDFAST_DEFAULTS.splitter,
    upgradeLock: undefined,
    requiredFeatures: [],
    unknown: {},
  };
}

function checkRanges({ maxPackSize, eccOverheadPercent }: RepositoryFormat): void {
  checkMaxPackSize(maxPackSize);
  if (!(Number.isInteger(eccOverheadPercent) && eccOverheadPercent >= 0 && eccOverheadPercent <= 100))
    throw new RepositoryError('CONFIG_INVALID', 'the error correction overhead must be 0 to 100 percent', {
      eccOverheadPercent,
    });
}

async function requireEmpty(storage: BlobStorage, options: CallOptions): Promise<void> {
  if (await readBlob(storage, FORMAT_BLOB_ID, options))
    throw new RepositoryError(
      'REPOSITORY_EXISTS',
      `there is a repository in ${storage.description} already: connect to it, or choose another place`,
      { storage: storage.description },
    );
  if (await readBlob(storage, BLOB_CONFIG_ID, options)) throw formatMissing(storage);
}
