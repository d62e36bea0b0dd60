import { formatTimeNs } from '@holdfast/repository/worker';
import { goString } from './go-text.ts';
import { JsonFields, type JsonSubject } from './json-fields.ts';

/** An entry that could not be saved; `path` is relative to the snapshot's root. */
export interface FailedEntry {
  readonly path: string;
  readonly error: string;
}

/** What a directory holds in total, itself and everything below it included. */
export interface DirectorySummary {
  readonly size: number;
  readonly files: number;
  readonly symlinks: number;
  readonly dirs: number;
  readonly maxTimeNs: bigint;
  /** Why the directory is incomplete; absent when it is complete. */
  readonly incomplete?: string;
  readonly numFailed: number;
  readonly numIgnoredErrors: number;
  readonly errors: readonly FailedEntry[];
}

/** The JSON kopia writes for a summary, as a byte string. Field order: kopia fs/entry.go. */
export function encodeSummary(summary: DirectorySummary): string {
  const { size, files, symlinks, dirs, maxTimeNs, incomplete, numFailed, numIgnoredErrors, errors } = summary;
  let json = `{"size":${size},"files":${files},"symlinks":${symlinks},"dirs":${dirs}`;
  json += `,"maxTime":"${formatTimeNs(maxTimeNs)}"`;
  if (incomplete !== undefined) json += `,"incomplete":${goString(incomplete)}`;
  json += `,"numFailed":${numFailed}`;
  if (numIgnoredErrors !== 0) json += `,"numIgnoredErrors":${numIgnoredErrors}`;
  if (errors.length > 0) json += `,"errors":[${errors.map(encodeFailure).join(',')}]`;
  return `${json}}`;
}

/** Inverse of `encodeSummary`; missing fields are zero. Wrong types throw the subject's code. */
export function decodeSummary(value: unknown, subject: JsonSubject): DirectorySummary {
  const fields = new JsonFields(value, subject);
  const incomplete = fields.string('incomplete');
  return {
    size: fields.integer('size'),
    files: fields.integer('files'),
    symlinks: fields.integer('symlinks'),
    dirs: fields.integer('dirs'),
    maxTimeNs: fields.timeNs('maxTime'),
    ...(incomplete !== '' && { incomplete }),
    numFailed: fields.integer('numFailed'),
    numIgnoredErrors: fields.integer('numIgnoredErrors'),
    errors: fields.list('errors').map((item) => decodeFailure(item, fields.nested('errors'))),
  };
}

function encodeFailure({ path, error }: FailedEntry): string {
  return `{"path":${goString(path)},"error":${goString(error)}}`;
}

function decodeFailure(value: unknown, subject: JsonSubject): FailedEntry {
  const fields = new JsonFields(value, subject);
  return { path: fields.string('path'), error: fields.string('error') };
}
