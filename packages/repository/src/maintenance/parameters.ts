import { RepositoryError } from '../errors.ts';
import type { GoJson, GoJsonObject } from '../format/go-json.ts';
import { durationNs, JsonFields } from '../format/json-fields.ts';
import type { ManifestStore } from '../manifest/store.ts';
import type { Labels } from '../manifest/codec.ts';

/** How often one kind of maintenance runs. */
export interface Cycle {
  readonly enabled: boolean;
  readonly intervalMs: number;
}

/** How much of kopia's log blobs is kept. 0 is no limit; all 0 means the default. */
export interface LogRetention {
  readonly maxTotalBytes: number;
  readonly maxCount: number;
  readonly maxAgeMs: number;
}

/** Who maintains the repository, and when. Source: kopia repo/maintenance/maintenance_params.go. */
export interface MaintenanceParameters {
  /** `user@host` of the only client that may run it. */
  readonly owner: string;
  readonly quick: Cycle;
  readonly full: Cycle;
  readonly logRetention: LogRetention;
  readonly extendObjectLocks: boolean;
  readonly listParallelism: number;
  /** Members of newer writers, kept. */
  readonly unknown: GoJsonObject;
}

const HOUR_MS = 3_600_000;

/** What applies where nothing is set. */
export const DEFAULT_LOG_RETENTION: LogRetention = {
  maxTotalBytes: 2 ** 30,
  maxCount: 10_000,
  maxAgeMs: 30 * 24 * HOUR_MS,
};

/** Those of a repository without a maintenance manifest: nobody owns it. */
export const DEFAULT_PARAMETERS: MaintenanceParameters = {
  owner: '',
  quick: { enabled: true, intervalMs: HOUR_MS },
  full: { enabled: true, intervalMs: 24 * HOUR_MS },
  logRetention: DEFAULT_LOG_RETENTION,
  extendObjectLocks: false,
  listParallelism: 0,
  unknown: {},
};

const LABELS: Labels = { type: 'maintenance' };

/** The parameters in force; of several manifests the newest counts. Throws MANIFEST_CORRUPT. */
export async function loadParameters(manifests: ManifestStore): Promise<MaintenanceParameters> {
  const newest = manifests.find(LABELS).at(-1);
  return newest === undefined ? DEFAULT_PARAMETERS : decodeParameters(await manifests.get(newest.id));
}

/** Replaces the parameters; visible to others after the next flush. */
export function saveParameters(manifests: ManifestStore, parameters: MaintenanceParameters): void {
  manifests.replace(LABELS, encodeParameters(parameters));
}

/** Throws MANIFEST_CORRUPT. */
export function decodeParameters(payload: GoJson): MaintenanceParameters {
  try {
    const fields = new JsonFields(payload, 'maintenance parameters');
    return {
      owner: fields.string('owner'),
      quick: decodeCycle(fields.object('quick')),
      full: decodeCycle(fields.object('full')),
      logRetention: decodeLogRetention(fields.object('logRetention')),
      extendObjectLocks: fields.boolean('extendObjectLocks'),
      listParallelism: fields.integer('listParallelism'),
      unknown: fields.unknown(),
    };
  } catch (error) {
    throw new RepositoryError('MANIFEST_CORRUPT', 'the maintenance parameters are damaged', {}, error);
  }
}

/** As kopia writes them. */
export function encodeParameters(parameters: MaintenanceParameters): GoJsonObject {
  const { logRetention } = parameters;
  return {
    owner: parameters.owner,
    quick: encodeCycle(parameters.quick),
    full: encodeCycle(parameters.full),
    logRetention: {
      maxTotalSize: logRetention.maxTotalBytes,
      maxCount: logRetention.maxCount,
      maxAge: durationNs(logRetention.maxAgeMs),
    },
    extendObjectLocks: parameters.extendObjectLocks,
    listParallelism: parameters.listParallelism,
    ...parameters.unknown,
  };
}

function decodeCycle(fields: JsonFields | undefined): Cycle {
  return {
    enabled: fields?.boolean('enabled') ?? false,
    intervalMs: fields?.durationMs('interval') ?? 0,
  };
}

function encodeCycle({ enabled, intervalMs }: Cycle): GoJsonObject {
  return { enabled, interval: durationNs(intervalMs) };
}

function decodeLogRetention(fields: JsonFields | undefined): LogRetention {
  const stored = {
    maxTotalBytes: fields?.integer('maxTotalSize') ?? 0,
    maxCount: fields?.integer('maxCount') ?? 0,
    maxAgeMs: fields?.durationMs('maxAge') ?? 0,
  };
  const isUnset = stored.maxTotalBytes === 0 && stored.maxCount === 0 && stored.maxAgeMs === 0;
  return isUnset ? DEFAULT_LOG_RETENTION : stored;
}
