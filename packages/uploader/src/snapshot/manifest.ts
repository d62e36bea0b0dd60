import { formatTimeNs } from '@holdfast/repository/worker';
import { UploaderError } from '../errors.ts';
import { decodeEntry, type DirectoryEntry, encodeEntry } from './entry.ts';
import { goString, goStringMap } from './go-text.ts';
import { JsonFields, type JsonSubject } from './json-fields.ts';
import type { SnapshotSource } from './source.ts';
import { decodeStats, encodeStats, NO_STATS, type SnapshotStats } from './stats.ts';
import { encodeJson, encodeUnknownFields, type UnknownFields, unknownFields } from './unknown-fields.ts';

/** Value of the label `type` of snapshot manifests. */
export const SNAPSHOT_TYPE = 'snapshot';

/** A snapshot: a point in time of a source, and where its tree begins. */
export interface SnapshotManifest {
  /** ID of the manifest that holds it; `''` before it is saved. */
  readonly id: string;
  readonly source: SnapshotSource;
  readonly description: string;
  readonly startTimeNs: bigint;
  readonly endTimeNs: bigint;
  readonly stats: SnapshotStats;
  /** Why it is incomplete: `checkpoint`, `canceled` or `limit reached`; absent when it is complete. */
  readonly incomplete?: string;
  readonly rootEntry?: DirectoryEntry;
  /** Labels of the user; kopia's command line puts `tag:` in front of their keys. */
  readonly tags: Readonly<Record<string, string>>;
  /** Reasons why the snapshot never expires. */
  readonly pins: readonly string[];
  readonly storageStats?: unknown;
  readonly unknown?: UnknownFields;
}

const KNOWN_KEYS: ReadonlySet<string> = new Set([
  'id',
  'source',
  'description',
  'startTime',
  'endTime',
  'stats',
  'incomplete',
  'rootEntry',
  'tags',
  'storageStats',
  'pins',
]);

/** The manifest payload kopia writes, as text: field order of kopia snapshot/manifest.go, then fields that we don't know. */
export function encodeSnapshot(snapshot: SnapshotManifest): string {
  const { source, stats, incomplete, rootEntry, tags, pins, storageStats } = snapshot;
  const fields = [
    // The manifest's own ID is the authority, so the payload has none.
    '"id":""',
    `"source":{"host":${goString(source.host)},"userName":${goString(source.userName)},"path":${goString(source.path)}}`,
    `"description":${goString(snapshot.description)}`,
    `"startTime":"${formatTimeNs(snapshot.startTimeNs)}","endTime":"${formatTimeNs(snapshot.endTimeNs)}"`,
    `"stats":${encodeStats(stats)}`,
    ...(incomplete === undefined ? [] : [`"incomplete":${goString(incomplete)}`]),
    `"rootEntry":${rootEntry === undefined ? 'null' : encodeEntry(rootEntry)}`,
    ...(Object.keys(tags).length === 0 ? [] : [`"tags":${goStringMap(tags)}`]),
    ...(storageStats === undefined ? [] : [`"storageStats":${encodeJson(storageStats)}`]),
    ...(pins.length === 0 ? [] : [`"pins":[${pins.map(goString).join(',')}]`]),
    ...encodeUnknownFields(snapshot.unknown),
  ];
  return Buffer.from(`{${fields.join(',')}}`, 'latin1').toString('utf8');
}

/** Inverse of `encodeSnapshot` on parsed JSON; throws SNAPSHOT_CORRUPT. */
export function decodeSnapshot(id: string, payload: unknown): SnapshotManifest {
  const subject: JsonSubject = { what: `snapshot ${id}`, code: 'SNAPSHOT_CORRUPT' };
  const fields = new JsonFields(payload, subject);
  const incomplete = fields.string('incomplete');
  const unknown = unknownFields(fields.entries(), KNOWN_KEYS);
  return {
    id,
    source: decodeSource(fields.object('source')),
    description: fields.string('description'),
    startTimeNs: fields.timeNs('startTime'),
    endTimeNs: fields.timeNs('endTime'),
    stats: fields.has('stats') ? decodeStats(fields.raw('stats'), fields.nested('stats')) : NO_STATS,
    ...(incomplete !== '' && { incomplete }),
    ...(fields.has('rootEntry') && {
      rootEntry: decodeEntry(fields.raw('rootEntry'), fields.nested('rootEntry')),
    }),
    tags: fields.stringMap('tags'),
    pins: fields.strings('pins'),
    ...(fields.has('storageStats') && { storageStats: fields.raw('storageStats') }),
    ...(unknown !== undefined && { unknown }),
  };
}

/** The labels under which a snapshot's manifest is found. Throws SNAPSHOT_INVALID for an incomplete source, or a tag that would hide one of them. */
export function snapshotLabels({ source, tags }: SnapshotManifest): Readonly<Record<string, string>> {
  if (source.host === '' || source.userName === '' || source.path === '')
    throw new UploaderError('SNAPSHOT_INVALID', 'a snapshot needs a user, a host and a path');
  const labels = sourceLabels(source);
  const taken = Object.keys(tags).find((key) => Object.hasOwn(labels, key));
  if (taken !== undefined)
    throw new UploaderError('SNAPSHOT_INVALID', `a tag cannot be named ${JSON.stringify(taken)}`, {
      tag: taken,
    });
  return { ...labels, ...tags };
}

/** The labels that all snapshots of a source have. */
export function sourceLabels(source: SnapshotSource): Readonly<Record<string, string>> {
  return { type: SNAPSHOT_TYPE, hostname: source.host, username: source.userName, path: source.path };
}

function decodeSource(fields: JsonFields | undefined): SnapshotSource {
  return {
    host: fields?.string('host') ?? '',
    userName: fields?.string('userName') ?? '',
    path: fields?.string('path') ?? '',
  };
}
