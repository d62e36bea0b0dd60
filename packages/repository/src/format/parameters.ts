import { DEFAULT_MAX_PACK_SIZE } from './defaults.ts';
import { type GoJsonObject, parseGoJson, stringifyGo } from './go-json.ts';
import { base64, JsonFields, omitEmpty } from './json-fields.ts';
import { decodeEpochParameters, encodeEpochParameters, type EpochParameters } from './epoch-parameters.ts';

/** What a repository is made with; decrypted from kopia.repository. Holds secrets: never logged.
 *  Branch on `enablePasswordChange`, `indexVersion` and `epochParameters.enabled`, never on `formatVersion`: an upgraded
 *  repository mixes them. Source: kopia repo/format/content_format.go, repository_config.go. */
export interface RepositoryFormat {
  readonly hash: string;
  readonly encryption: string;
  /** '' when there is no error correction. */
  readonly ecc: string;
  readonly eccOverheadPercent: number;
  /** Secret of keyed hashes; may be empty. */
  readonly secret: Uint8Array;
  readonly masterKey: Uint8Array;
  readonly formatVersion: number;
  readonly maxPackSize: number;
  readonly indexVersion: number;
  readonly epochParameters: EpochParameters;
  /** When false, packs carry a copy of the format blob and some keys derive from the password. */
  readonly enablePasswordChange: boolean;
  readonly splitter: string;
  readonly upgradeLock: UpgradeLock | undefined;
  readonly requiredFeatures: readonly RequiredFeature[];
  /** Members of newer writers, kept when the format is rewritten. */
  readonly unknown: GoJsonObject;
}

/** Someone is upgrading the repository and asks everybody else to keep out. */
export interface UpgradeLock {
  readonly ownerId: string;
  /** RFC 3339. */
  readonly creationTime: string;
  readonly message: string;
  /** The lock as stored. */
  readonly json: GoJsonObject;
}

/** Something a client must understand before it opens the repository. */
export interface RequiredFeature {
  readonly feature: string;
  /** Who does not understand it may go on with a warning. */
  readonly warn: boolean;
  readonly message: string;
  readonly url: string;
  readonly upgradeToVersion: string;
  /** The entry as stored. */
  readonly json: GoJsonObject;
}

/** Applies what an absent field means (pack size 20 MiB, index version 1, splitter FIXED).
 *  Throws SyntaxError: the caller knows the blob's name. */
export function decodeRepositoryFormat(plain: Uint8Array): RepositoryFormat {
  const fields = new JsonFields(parseGoJson(Buffer.from(plain).toString('utf8')), 'format blob').object(
    'format',
  );
  if (!fields) throw new SyntaxError('format blob: no format in it');
  return {
    hash: fields.string('hash'),
    encryption: fields.string('encryption'),
    ecc: fields.string('ecc'),
    eccOverheadPercent: fields.integer('eccOverheadPercent'),
    secret: fields.bytes('secret'),
    masterKey: fields.bytes('masterKey'),
    formatVersion: fields.integer('version'),
    maxPackSize: fields.integer('maxPackSize') || DEFAULT_MAX_PACK_SIZE,
    indexVersion: fields.integer('indexVersion') || 1,
    epochParameters: decodeEpochParameters(fields.object('epochParameters')),
    enablePasswordChange: fields.boolean('enablePasswordChange'),
    splitter: fields.string('splitter') || 'FIXED',
    upgradeLock: decodeUpgradeLock(fields.object('upgradeLock')),
    requiredFeatures: fields.objects('requiredFeatures').map(decodeRequiredFeature),
    unknown: fields.unknown(),
  };
}

/** The JSON that kopia would write for `format`, unknown fields at its end. */
export function encodeRepositoryFormat(format: RepositoryFormat): Uint8Array {
  const json: GoJsonObject = {
    hash: omitEmpty(format.hash),
    encryption: omitEmpty(format.encryption),
    ecc: omitEmpty(format.ecc),
    eccOverheadPercent: omitEmpty(format.eccOverheadPercent),
    secret: omitEmpty(base64(format.secret)),
    masterKey: omitEmpty(base64(format.masterKey)),
    version: omitEmpty(format.formatVersion),
    maxPackSize: omitEmpty(format.maxPackSize),
    indexVersion: omitEmpty(format.indexVersion),
    epochParameters: encodeEpochParameters(format.epochParameters),
    enablePasswordChange: format.enablePasswordChange,
    splitter: omitEmpty(format.splitter),
    upgradeLock: format.upgradeLock?.json,
    requiredFeatures: omitEmpty(format.requiredFeatures.map((feature) => feature.json)),
    ...format.unknown,
  };
  return new TextEncoder().encode(stringifyGo({ format: json }));
}

function decodeUpgradeLock(fields: JsonFields | undefined): UpgradeLock | undefined {
  return (
    fields && {
      json: fields.members(),
      ownerId: fields.string('ownerID'),
      creationTime: fields.string('creationTime'),
      message: fields.string('message'),
    }
  );
}

function decodeRequiredFeature(fields: JsonFields): RequiredFeature {
  const otherwise = fields.object('ifNotUnderstood');
  return {
    json: fields.members(),
    feature: fields.string('feature'),
    warn: otherwise?.boolean('warn') ?? false,
    message: otherwise?.string('message') ?? '',
    url: otherwise?.string('url') ?? '',
    upgradeToVersion: otherwise?.string('upgradeToVersion') ?? '',
  };
}
