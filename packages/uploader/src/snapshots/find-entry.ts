import {
  type ContentSource,
  objectLength,
  type ObjectId,
  parseObjectId,
  readObject,
  type Repository,
  repositoryErrorCode,
} from '@holdfast/repository';

import { UploaderError } from '../errors.ts';
import { readEntries } from '../restore/tree-reader.ts';
import { type DirectoryEntry, encodeEntry } from '../snapshot/entry.ts';
import { byteNameFromText, type ByteName } from '../snapshot/names.ts';
import { listSnapshots, loadSnapshot } from './snapshot-store.ts';

/** How an entry is found. */
export interface FindOptions {
  /** Refuse the ID of an object without a path when snapshots with this root disagree about its attributes; otherwise the
   *  latest of them counts. */
  readonly consistentAttributes?: boolean;
  /** Give an entry, of size 0, for the ID of an object that is not there as well: for who verifies it. */
  readonly mayBeAbsent?: boolean;
}

/** The entry that a text names: a snapshot's ID or an object's, then perhaps a path below it.
 *  Throws ENTRY_NOT_FOUND with the part of the path that is not there, ATTRIBUTES_AMBIGUOUS, SNAPSHOT_CORRUPT, and what
 *  reading throws. Source: kopia snapshot/snapshotfs/objref.go. */
export async function findEntry(
  repository: Repository,
  text: string,
  { consistentAttributes = false, mayBeAbsent = false }: FindOptions = {},
): Promise<DirectoryEntry> {
  const [root = '', ...path] = text.split('/').filter((part, i) => i === 0 || part !== '');
  let entry = await rootEntryOf(repository, root, {
    consistentAttributes: consistentAttributes && path.length === 0,
    mayBeAbsent: mayBeAbsent && path.length === 0,
  });
  const isComplete = entry.extra?.complete === true;
  for (let depth = 0; depth < path.length; depth++) {
    const rest = path.slice(depth);
    const child = await childOf(repository, entry, rest);
    if (child === undefined) throw notFound(`${root}/${path.slice(0, depth + 1).join('/')}`);
    entry = isComplete ? { ...child, extra: { ...child.extra, complete: true } } : child;
    if (child.name.startsWith('/')) break;
  }
  return entry;
}

async function rootEntryOf(
  repository: Repository,
  id: string,
  { consistentAttributes, mayBeAbsent }: Required<FindOptions>,
): Promise<DirectoryEntry> {
  const snapshot = await snapshotIfAny(repository, id);
  if (snapshot === undefined) {
    const objectId = objectIdOf(id);
    return (
      (await rootWithObject(repository, objectId, consistentAttributes)) ??
      (await entryOfObject(repository.contents, objectId, mayBeAbsent))
    );
  }
  if (snapshot.rootEntry !== undefined) return snapshot.rootEntry;
  throw new UploaderError('SNAPSHOT_CORRUPT', `snapshot ${id} has no root`, { snapshot: id });
}

/** The root of the latest snapshot that has this object as its root. */
async function rootWithObject(
  repository: Repository,
  objectId: string,
  mustAgree: boolean,
): Promise<DirectoryEntry | undefined> {
  const roots = (await listSnapshots(repository)).flatMap(({ rootEntry }) => rootEntry ?? []);
  const same = roots.filter((root) => root.objectId === objectId);
  if (mustAgree && new Set(same.map(encodeEntry)).size > 1)
    throw new UploaderError(
      'ATTRIBUTES_AMBIGUOUS',
      `several snapshots have the root ${objectId} with other attributes: name one of the snapshots instead`,
      { object: objectId },
    );
  return same.at(-1);
}

async function snapshotIfAny(
  repository: Repository,
  id: string,
): Promise<Awaited<ReturnType<typeof loadSnapshot>> | undefined> {
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
  try {
    return await loadSnapshot(repository, id);
  } catch (error) {
    if (repositoryErrorCode(error) === 'MANIFEST_NOT_FOUND') return undefined;
    throw error;
  }
}

function objectIdOf(id: string): ObjectId {
  try {
    return parseObjectId(id);
  } catch (error) {
    if (repositoryErrorCode(error) !== 'ID_INVALID') throw error;
    throw notFound(id);
  }
}

/** An object has no attributes of its own: the result is what a restore needs at least. The object is looked at here, so
 *  that a mistyped ID is told before anything that exists is overwritten. */
async function entryOfObject(
  contents: ContentSource,
  objectId: ObjectId,
  mayBeAbsent: boolean,
): Promise<DirectoryEntry> {
  const type = /^I*k/.test(objectId) ? 'd' : 'f';
  const mode = type === 'd' ? 0o755 : 0o644;
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const entry = { name: '' as ByteName, type, objectId, mode, size: 0, mtimeNs: 0n, ...owner } as const;
  try {
    const size = type === 'd' ? 0 : await objectLength(contents, objectId);
    if (type === 'd') await readObject(contents, objectId).next();
    return { ...entry, size };
  } catch (error) {
    if (repositoryErrorCode(error) !== 'CONTENT_NOT_FOUND') throw error;
    if (mayBeAbsent) return entry;
    throw notFound(objectId, error);
  }
}

/** The child that the first part of `path` names, or the image of a block volume that all of it names: those are
 *  stored under the path of their device, slashes included. */
async function childOf(
  repository: Repository,
  entry: DirectoryEntry,
  path: readonly string[],
): Promise<DirectoryEntry | undefined> {
  if (entry.type !== 'd') return undefined;
  const names = [byteNameFromText(path[0] ?? ''), byteNameFromText(`/${path.join('/')}`)];
  for await (const child of readEntries(repository.contents, entry.objectId))
    if (names.includes(child.name)) return child;
  return undefined;
}

function notFound(what: string, cause?: unknown): UploaderError {
  return new UploaderError(
    'ENTRY_NOT_FOUND',
    `there is no snapshot, object or path ${JSON.stringify(what)} in this repository; \`holdfast snapshot list --all\` shows what there is`,
    { path: what },
    cause,
  );
}
