import { errorCorrections } from '../ecc/registry.ts';
import { ENCRYPTIONS } from '../encryption/registry.ts';
import { RepositoryError } from '../errors.ts';
import { HASHES } from '../hashing/registry.ts';
import { SPLITTERS } from '../splitter/registry.ts';
import { NEWEST_FORMAT_VERSION } from './defaults.ts';
import type { RepositoryFormat, RequiredFeature, UpgradeLock } from './parameters.ts';

const UNDERSTOOD_FEATURES: ReadonlySet<string> = new Set(['index-v1', 'index-v2']);

/** Refuses a repository that this program cannot read and write safely, before anything else is done with it; returns
 *  warnings to show. An upgrade lock keeps out everybody but `upgradeOwnerId`. Throws FORMAT_UNSUPPORTED, FEATURE_UNSUPPORTED, ALGORITHM_UNKNOWN, UPGRADE_IN_PROGRESS.
 *  To be asked again whenever the format blob is read again. */
export function checkFormat(format: RepositoryFormat, upgradeOwnerId?: string): readonly string[] {
  checkVersions(format);
  const warnings = checkFeatures(format.requiredFeatures);
  checkAlgorithms(format);
  const { upgradeLock } = format;
  if (upgradeLock && upgradeLock.ownerId !== upgradeOwnerId) throw upgradeInProgress(upgradeLock);
  return warnings;
}

function checkVersions({ formatVersion, indexVersion }: RepositoryFormat): void {
  if (formatVersion < 1 || formatVersion > NEWEST_FORMAT_VERSION)
    throw unsupportedVersion('format', formatVersion, NEWEST_FORMAT_VERSION);
  if (indexVersion < 1 || indexVersion > 2) throw unsupportedVersion('index', indexVersion, 2);
}

function unsupportedVersion(what: string, version: number, newest: number): RepositoryError {
  return new RepositoryError(
    'FORMAT_UNSUPPORTED',
    `the repository has ${what} version ${version}; this program knows 1 to ${newest}: use a newer release`,
    { what, version },
  );
}

function checkFeatures(required: readonly RequiredFeature[]): readonly string[] {
  const missing = required.filter(({ feature }) => !UNDERSTOOD_FEATURES.has(feature));
  const fatal = missing.filter((feature) => !feature.warn);
  if (fatal.length > 0)
    throw new RepositoryError('FEATURE_UNSUPPORTED', fatal.map(describeFeature).join('; '), {
      features: fatal.map(({ feature }) => feature).join(', '),
    });
  return missing.map(describeFeature);
}

function describeFeature({ feature, message, url, upgradeToVersion }: RequiredFeature): string {
  const said = [message, url, upgradeToVersion && `kopia ${upgradeToVersion} or newer has it`].filter(
    Boolean,
  );
  const details = said.length > 0 ? ` (${said.join('; ')})` : '';
  return `the repository needs the feature ${JSON.stringify(feature)}, which this program does not have${details}`;
}

/** Throws ALGORITHM_UNKNOWN. */
export function checkAlgorithms(format: AlgorithmChoice): void {
  requireKnown('content hash', format.hash, HASHES);
  requireKnown('encryption', format.encryption, ENCRYPTIONS);
  requireKnown('splitter', format.splitter, SPLITTERS);
  if (format.ecc !== '') requireKnown('error correction', format.ecc, errorCorrections);
}

/** The part of a format that names algorithms. */
export type AlgorithmChoice = Pick<RepositoryFormat, 'hash' | 'encryption' | 'splitter' | 'ecc'>;

function requireKnown(kind: string, name: string, known: Readonly<Record<string, unknown>>): void {
  if (Object.hasOwn(known, name)) return;
  throw new RepositoryError(
    'ALGORITHM_UNKNOWN',
    `unknown ${kind} ${JSON.stringify(name)}; known are ${Object.keys(known).join(', ')}`,
    { kind, name },
  );
}

function upgradeInProgress(lock: UpgradeLock): RepositoryError {
  return new RepositoryError(
    'UPGRADE_IN_PROGRESS',
    `the repository is being upgraded by ${JSON.stringify(lock.ownerId)} since ${lock.creationTime}` +
      `${lock.message && ` (${lock.message})`}; try again when that is done`,
    { owner: lock.ownerId },
  );
}
