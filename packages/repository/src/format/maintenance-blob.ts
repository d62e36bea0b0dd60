import { parseBlobId } from '../blob/blob-id.ts';
import type { BlobId } from '../blob/storage.ts';
import { formatCorrupt } from './format-blob.ts';
import { formatTimeNs, type GoJsonObject, parseGoJson, parseTimeNs, stringifyGo } from './go-json.ts';
import { JsonFields, omitEmpty } from './json-fields.ts';
import { deriveMaintenanceSealingKey, type RootKeys } from './keys.ts';
import { openField, sealField } from './sealed-field.ts';
import { compareUtf8 } from './utf8-order.ts';

/** Name of the blob that says when maintenance ran and runs next. */
export const MAINTENANCE_BLOB_ID: BlobId = parseBlobId('kopia.maintenance');

/** When maintenance is due and what it did. Source: kopia repo/maintenance/maintenance_schedule.go. */
export interface MaintenanceSchedule {
  /** Nanoseconds since the Unix epoch; undefined when it was never set: due now. */
  readonly nextFullNs: bigint | undefined;
  readonly nextQuickNs: bigint | undefined;
  /** By task name, newest first. */
  readonly runs: Readonly<Record<string, readonly MaintenanceRun[]>>;
  readonly unknown: GoJsonObject;
}

/** One run of a task. kopia's two-cycle rule for deletions depends on these. */
export interface MaintenanceRun {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly success: boolean;
  /** '' when it succeeded. */
  readonly error: string;
  /** `extra`: statistics, and what newer writers add. */
  readonly unknown: GoJsonObject;
}

/** The schedule of a repository that was never maintained. */
export const EMPTY_SCHEDULE: MaintenanceSchedule = {
  nextFullNs: undefined,
  nextQuickNs: undefined,
  runs: {},
  unknown: {},
};

const MAX_RUNS_PER_TASK = 50;
/** Go's zero time. */
const NEVER = '0001-01-01T00:00:00Z';

/** Adds a run as the newest of its task; the oldest beyond 50 fall out. */
export function addRun(
  schedule: MaintenanceSchedule,
  task: string,
  run: MaintenanceRun,
): MaintenanceSchedule {
  const runs = [run, ...(schedule.runs[task] ?? [])].slice(0, MAX_RUNS_PER_TASK);
  return { ...schedule, runs: { ...schedule.runs, [task]: runs } };
}

/** Decrypts kopia.maintenance. Throws FORMAT_CORRUPT. */
export function decodeMaintenanceBlob(sealed: Uint8Array, keys: RootKeys): MaintenanceSchedule {
  const plain = openField(sealed, deriveMaintenanceSealingKey(keys));
  if (!plain) throw formatCorrupt(MAINTENANCE_BLOB_ID, 'its tag does not match');
  try {
    return decodeSchedule(plain);
  } catch (error) {
    throw formatCorrupt(MAINTENANCE_BLOB_ID, error);
  }
}

/** The bytes of kopia.maintenance: nonce, ciphertext, tag. */
export function encodeMaintenanceBlob(schedule: MaintenanceSchedule, keys: RootKeys): Uint8Array {
  return sealField(encodeSchedule(schedule), deriveMaintenanceSealingKey(keys));
}

/** Throws SyntaxError. */
export function decodeSchedule(plain: Uint8Array): MaintenanceSchedule {
  const fields = new JsonFields(parseGoJson(Buffer.from(plain).toString('utf8')), MAINTENANCE_BLOB_ID);
  const runs = fields.object('runs');
  const tasks = Object.keys(runs?.members() ?? {});
  return {
    nextFullNs: decodeDue(fields.string('nextFullMaintenance')),
    nextQuickNs: decodeDue(fields.string('nextQuickMaintenance')),
    runs: Object.fromEntries(tasks.map((task) => [task, runs?.objects(task).map(decodeRun) ?? []])),
    unknown: fields.unknown(),
  };
}

/** As kopia writes it: tasks in the order of their names. */
export function encodeSchedule(schedule: MaintenanceSchedule): Uint8Array {
  const tasks = Object.entries(schedule.runs).sort(([a], [b]) => compareUtf8(a, b));
  const json: GoJsonObject = {
    nextFullMaintenance: encodeDue(schedule.nextFullNs),
    nextQuickMaintenance: encodeDue(schedule.nextQuickNs),
    runs:
      tasks.length === 0
        ? null
        : Object.fromEntries(tasks.map(([task, runs]) => [task, runs.map(encodeRun)])),
    ...schedule.unknown,
  };
  return new TextEncoder().encode(stringifyGo(json));
}

function decodeRun(fields: JsonFields): MaintenanceRun {
  return {
    startNs: parseTimeNs(fields.string('start')),
    endNs: parseTimeNs(fields.string('end')),
    success: fields.boolean('success'),
    error: fields.string('error'),
    unknown: fields.unknown(),
  };
}

function encodeRun(run: MaintenanceRun): GoJsonObject {
  return {
    start: formatTimeNs(run.startNs),
    end: formatTimeNs(run.endNs),
    success: omitEmpty(run.success),
    error: omitEmpty(run.error),
    ...run.unknown,
  };
}

function decodeDue(text: string): bigint | undefined {
  return text === '' || text === NEVER ? undefined : parseTimeNs(text);
}

function encodeDue(ns: bigint | undefined): string {
  return ns === undefined ? NEVER : formatTimeNs(ns);
}
