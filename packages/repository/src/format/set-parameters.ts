import type { BlobStorage, CallOptions, Retention } from '../blob/storage.ts';
import { RepositoryError } from '../errors.ts';
import { BLOB_CONFIG_ID, encodeBlobConfig } from './blobcfg.ts';
import type { EpochParameters } from './epoch-parameters.ts';
import { checkFormat } from './features.ts';
import { decodeFormatBlob } from './format-blob.ts';
import { deriveFormatSealingKey } from './keys.ts';
import {
  decodeFormat,
  decodeRetention,
  openBlobConfig,
  openFormatField,
  readBlob,
  readFormatBlob,
} from './open-format.ts';
import { encodeRepositoryFormat, type RepositoryFormat } from './parameters.ts';
import { sealField } from './sealed-field.ts';
import { writeFormatBlobs } from './write-format.ts';

/** What of a repository can change after it was made. */
export interface MutableFormat {
  readonly format: RepositoryFormat;
  readonly retention: Retention | undefined;
}

/** When epochs advance and are cleaned, as far as it can be set. */
export type EpochChanges = Partial<Omit<EpochParameters, 'enabled' | 'unknown'>>;

/** What is to be changed; the rest stays. */
export interface ParameterChanges {
  /** Bytes, 10 MiB to 120 MiB. */
  readonly maxPackSize?: number;
  /** Can only grow. */
  readonly indexVersion?: number;
  readonly retentionMode?: Retention['mode'] | 'none';
  readonly retentionPeriodMs?: number;
  readonly epochs?: EpochChanges;
}

/** The parameters after the changes. Throws CONFIG_INVALID for what kopia would refuse too.
 *  Source: kopia cli/command_repository_set_parameters.go. */
export function changeParameters(before: MutableFormat, changes: ParameterChanges): MutableFormat {
  const { format } = before;
  const after: RepositoryFormat = {
    ...format,
    maxPackSize: changes.maxPackSize ?? format.maxPackSize,
    indexVersion: changes.indexVersion ?? format.indexVersion,
    epochParameters: { ...format.epochParameters, ...changes.epochs },
  };
  if (after.indexVersion < format.indexVersion || after.indexVersion > 2)
    throw invalid(`the index version can only grow, to 2 at most; it is ${format.indexVersion}`);
  if (changes.epochs !== undefined && !format.epochParameters.enabled)
    throw invalid('this repository has no epochs yet: upgrade it first');
  checkMaxPackSize(after.maxPackSize);
  checkEpochs(after.epochParameters);
  return { format: after, retention: changeRetention(before.retention, changes) };
}

/** Reads the format anew, lets `change` decide about it, and stores what comes out; other clients notice within their
 *  15 minutes of caching. `formatKey` is what the password stands for. Throws INVALID_PASSWORD when that has changed
 *  meanwhile, UPGRADE_IN_PROGRESS unless `upgradeOwnerId` holds the lock, and what `change` throws. */
export async function updateFormat(
  storage: BlobStorage,
  keys: { readonly formatKey: Uint8Array; readonly random: (bytes: number) => Uint8Array },
  change: (before: MutableFormat) => MutableFormat,
  options: CallOptions & { readonly upgradeOwnerId?: string | undefined } = {},
): Promise<MutableFormat> {
  const { formatKey, random } = keys;
  const blob = decodeFormatBlob(await readFormatBlob(storage, options));
  const format = decodeFormat(openFormatField(blob, formatKey));
  checkFormat(format, options.upgradeOwnerId);
  const config = await readBlob(storage, BLOB_CONFIG_ID, options);
  const retention = config && decodeRetention(openBlobConfig(config, blob, [formatKey]));
  const after = change({ format, retention });
  const sealingKey = deriveFormatSealingKey(formatKey, blob.uniqueId);
  const seal = (plain: Uint8Array): Uint8Array => sealField(plain, sealingKey, random(12));
  const blobs = {
    format: { ...blob, encryptedFormat: seal(encodeRepositoryFormat(after.format)) },
    config: seal(encodeBlobConfig(after.retention)),
    retention: after.retention,
  };
  await writeFormatBlobs(storage, blobs, options);
  return after;
}

const MIB = 1 << 20;
const MINUTE_MS = 60_000;

/** Throws CONFIG_INVALID. */
export function checkMaxPackSize(maxPackSize: number): void {
  if (!(Number.isInteger(maxPackSize) && maxPackSize >= 10 * MIB && maxPackSize <= 120 * MIB))
    throw new RepositoryError('CONFIG_INVALID', 'the pack size must be 10 MiB to 120 MiB', { maxPackSize });
}

/** Source: kopia internal/epoch/epoch_manager.go. */
function checkEpochs(epochs: EpochParameters): void {
  if (!epochs.enabled) return;
  if (epochs.minEpochDurationMs < 10 * MINUTE_MS) throw invalid('an epoch must last at least 10 minutes');
  if (!(epochs.epochRefreshFrequencyMs > 0)) throw invalid('the epoch refresh frequency must be positive');
  if (epochs.epochRefreshFrequencyMs * 3 > epochs.minEpochDurationMs)
    throw invalid('the epoch refresh frequency must be at most a third of the shortest epoch');
  if (epochs.cleanupSafetyMarginMs < epochs.epochRefreshFrequencyMs * 3)
    throw invalid('the clean-up margin must be at least three times the epoch refresh frequency');
  if (epochs.fullCheckpointFrequency <= 0) throw invalid('a checkpoint must cover at least one epoch');
  if (epochs.epochAdvanceOnCountThreshold < 10)
    throw invalid('an epoch must have room for at least 10 index blobs');
  if (epochs.epochAdvanceOnTotalSizeThreshold < MIB)
    throw invalid('an epoch must have room for at least 1 MiB of index blobs');
}

function changeRetention(
  before: Retention | undefined,
  { retentionMode, retentionPeriodMs }: ParameterChanges,
): Retention | undefined {
  if (retentionMode === 'none') return undefined;
  const mode = retentionMode ?? before?.mode;
  const periodMs = retentionPeriodMs ?? before?.periodMs;
  if (mode === undefined && periodMs === undefined) return undefined;
  if (mode === undefined || periodMs === undefined) throw invalid('retention takes both a mode and a period');
  return { mode, periodMs };
}

function invalid(message: string): RepositoryError {
  return new RepositoryError('CONFIG_INVALID', message);
}
