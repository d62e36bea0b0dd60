import {
  decodeConnectionToken,
  decodeFormatBlob,
  encodeConnectionToken,
  parseGoJson,
  stringifyGo,
} from '@holdfast/repository';

import { parseSharding, relativePath } from '../../../packages/repository/src/blob/sharding.ts';
import { encodeBlobConfig } from '../../../packages/repository/src/format/blobcfg.ts';
import { DEFAULT_EPOCH_PARAMETERS } from '../../../packages/repository/src/format/defaults.ts';
import { checkFormat } from '../../../packages/repository/src/format/features.ts';
import { encodeFormatBlob } from '../../../packages/repository/src/format/format-blob.ts';
import { decodeSchedule, encodeSchedule } from '../../../packages/repository/src/format/maintenance-blob.ts';
import { decodeFormat, decodeRetention } from '../../../packages/repository/src/format/open-format.ts';
import {
  encodeRepositoryFormat,
  type RepositoryFormat,
} from '../../../packages/repository/src/format/parameters.ts';
import {
  decodeParameters,
  DEFAULT_PARAMETERS,
  encodeParameters,
} from '../../../packages/repository/src/maintenance/parameters.ts';
import { packBlobId } from '../../../packages/repository/src/pack/layout.ts';
import { type FuzzTarget, malformedAsRefusal, reencoded, textOf } from './target.ts';

/** The JSON that describes a repository. */
export function formatTargets(formatBlob: Uint8Array): readonly FuzzTarget[] {
  return [
    {
      name: 'format blob',
      seeds: [formatBlob],
      // Written with indentation, what is nested deeply grows with the square of the depth.
      allowedBytes: 64 << 20,
      check: reencoded(decodeFormatBlob, encodeFormatBlob),
    },
    {
      name: 'repository format',
      seeds: [encodeRepositoryFormat(FORMAT)],
      check: reencoded((input) => {
        const format = decodeFormat(input);
        checkFormat(format);
        return format;
      }, encodeRepositoryFormat),
    },
    {
      name: 'blob configuration',
      seeds: [encodeBlobConfig({ mode: 'COMPLIANCE', periodMs: 10 * DAY_MS }), encodeBlobConfig(undefined)],
      check: reencoded(decodeRetention, encodeBlobConfig),
    },
    {
      name: 'maintenance schedule',
      seeds: [encodeSchedule(SCHEDULE)],
      check: malformedAsRefusal(reencoded(decodeSchedule, encodeSchedule)),
    },
    {
      name: 'maintenance parameters',
      seeds: [Buffer.from(stringifyGo(encodeParameters({ ...DEFAULT_PARAMETERS, owner: 'user@host' })))],
      check: malformedAsRefusal(
        reencoded(
          (input) => decodeParameters(parseGoJson(textOf(input))),
          (parameters) => Buffer.from(stringifyGo(encodeParameters(parameters))),
        ),
      ),
    },
    tokenTarget(),
    shardingTarget(),
  ];
}

/** The token's JSON: a damaged token is mostly no base64 at all. */
function tokenTarget(): FuzzTarget {
  const storage = { type: 's3', config: { bucket: 'b', endpoint: 'e', secretAccessKey: 's' } };
  const token = encodeConnectionToken({ storage, password: 'p' });
  return {
    name: 'connection token',
    seeds: [Buffer.from(token, 'base64url')],
    check: reencoded(
      (input) => decodeConnectionToken(Buffer.from(input).toString('base64url')),
      (content) => Buffer.from(encodeConnectionToken(content), 'base64url'),
    ),
  };
}

/** Whatever it says, no blob lies outside the storage. */
function shardingTarget(): FuzzTarget {
  const seeds = [
    '{"default":[1,3],"maxNonShardedLength":20}',
    '{"default":[3,3],"maxNonShardedLength":20,"overrides":[{"prefix":"q","shards":[2]}]}',
  ].map((text) => Buffer.from(text));
  const id = packBlobId('q', Buffer.alloc(16, 0xab), 's0123456789abcdef147');
  return {
    name: 'sharding file',
    seeds,
    check: (input) => {
      const path = relativePath(parseSharding(textOf(input)), id);
      const goesUp = path.split('/').some((part) => part === '..' || part === '.' || part === '');
      return goesUp ? `a blob at ${path}` : undefined;
    },
  };
}

const DAY_MS = 86_400_000;
const FEATURE = { feature: 'f', ifNotUnderstood: { warn: true } };
const FORMAT: RepositoryFormat = {
  hash: 'BLAKE2B-256-128',
  encryption: 'AES256-GCM-HMAC-SHA256',
  ecc: 'REED-SOLOMON-CRC32',
  eccOverheadPercent: 2,
  secret: new Uint8Array(32).fill(1),
  masterKey: new Uint8Array(32).fill(2),
  formatVersion: 3,
  maxPackSize: 20 << 20,
  indexVersion: 2,
  epochParameters: DEFAULT_EPOCH_PARAMETERS,
  enablePasswordChange: true,
  splitter: 'DYNAMIC-4M-BUZHASH',
  upgradeLock: undefined,
  requiredFeatures: [
    { feature: 'f', warn: true, message: 'm', url: 'u', upgradeToVersion: '1', json: FEATURE },
  ],
  unknown: { future: [1, { a: null }] },
};
const RUN = { startNs: 10n ** 18n, endNs: 10n ** 18n + 5n, success: false, error: 'why', unknown: {} };
const SCHEDULE = {
  nextFullNs: 10n ** 18n,
  nextQuickNs: undefined,
  runs: { 'full-drop-deleted-content': [RUN, { ...RUN, success: true, error: '' }] },
  unknown: {},
};
