import { createHash, randomBytes } from 'node:crypto';

import {
  type BlobStorage,
  createRepository,
  KOPIA_DEFAULTS,
  parseBlobId,
  type Repository,
  systemClock,
  type Writer,
} from '@holdfast/repository';

import { encodeIndex } from '../packages/repository/src/index/builder.ts';
import type { IndexEntry } from '../packages/repository/src/index/entry.ts';
import { encodeDirectory } from '../packages/uploader/src/snapshot/directory.ts';
import type { DirectoryEntry } from '../packages/uploader/src/snapshot/entry.ts';
import { byteNameFromText } from '../packages/uploader/src/snapshot/names.ts';
import { NO_STATS } from '../packages/uploader/src/snapshot/stats.ts';
import { saveSnapshot } from '../packages/uploader/src/snapshots/snapshot-store.ts';

/** A repository to be made up. */
export interface SynthesisOptions {
  readonly storage: BlobStorage;
  readonly password: string;
  readonly client: Writer;
  readonly cacheDirectory: string;
  /** File contents; directories come on top. */
  readonly contents: number;
}

const CONTENT_BYTES = 4096;
const PACK_CONTENTS = 5000;
const INDEX_CONTENTS = 250_000;
const FILES_PER_DIRECTORY = 100;
const DIRECTORIES_PER_GROUP = 1000;
/** Share of the contents that the snapshot refers to. */
const USED = 0.8;
const WRITTEN_SECONDS = Math.floor(systemClock.nowMs() / 1000) - 3 * 24 * 3600;

/** Makes a repository whose file contents exist in the index only, in packs without data; directories and the snapshot that
 *  refers to four fifths of the contents are real, and so are a few contents in packs that are nearly empty. */
export async function synthesizeRepository(options: SynthesisOptions): Promise<void> {
  const repository = await createRepository({ ...options, format: KOPIA_DEFAULTS });
  await writeShortPacks(repository);
  await writeDirectories(repository, options.contents);
  for (let first = 0; first < options.contents; first += INDEX_CONTENTS)
    await writeIndex(repository, first, Math.min(first + INDEX_CONTENTS, options.contents));
  await repository.close();
}

async function writeShortPacks(repository: Repository): Promise<void> {
  const { contents } = repository.writer();
  for (let pack = 0; pack < 10; pack++) {
    for (let i = 0; i < 100; i++) await contents.write('', randomBytes(1000), '');
    await contents.flush();
  }
}

async function writeDirectories(repository: Repository, contents: number): Promise<void> {
  const used = Math.floor(contents * USED);
  const groups: DirectoryEntry[] = [];
  let group: DirectoryEntry[] = [];
  for (let first = 0; first < used; first += FILES_PER_DIRECTORY) {
    const last = Math.min(first + FILES_PER_DIRECTORY, used);
    const files = Array.from({ length: last - first }, (_, i) => fileEntry(first + i));
    group.push(await writeDirectory(repository, `d${first}`, files));
    if (group.length < DIRECTORIES_PER_GROUP && last < used) continue;
    groups.push(await writeDirectory(repository, `g${groups.length}`, group));
    group = [];
    if (repository.writer().contents.isFull) await repository.writer().contents.flush();
  }
  const rootEntry = await writeDirectory(repository, 'root', groups);
  const timeNs = BigInt(WRITTEN_SECONDS) * 1_000_000_000n;
  await saveSnapshot(repository, {
    id: '',
    description: '',
    startTimeNs: timeNs,
    endTimeNs: timeNs,
    stats: NO_STATS,
    source: { host: 'benchmark', userName: 'benchmark', path: '/benchmark' },
    tags: {},
    pins: [],
    rootEntry,
  });
  await repository.writer().flush();
}

async function writeDirectory(
  repository: Repository,
  name: string,
  entries: readonly DirectoryEntry[],
): Promise<DirectoryEntry> {
  const json = encodeDirectory(entries, {
    size: 0,
    files: entries.length,
    symlinks: 0,
    dirs: 1,
    maxTimeNs: 0n,
    numFailed: 0,
    numIgnoredErrors: 0,
    errors: [],
  });
  const objectId = await repository.writer().contents.write('k', json, 'zstd-fastest');
  return { ...entryBase(name), type: 'd', objectId };
}

function fileEntry(number: number): DirectoryEntry {
  return { ...entryBase(`file-${number}`), type: 'f', objectId: hashOf(number).toString('hex') };
}

function entryBase(name: string): Omit<DirectoryEntry, 'type' | 'objectId'> {
  const owner = { uid: 1000, gid: 1000 };
  return {
    name: byteNameFromText(name),
    mode: 0o644,
    size: CONTENT_BYTES,
    mtimeNs: 1_700_000_000_000_000_000n,
    ...owner,
  };
}

/** Stores an index of contents `first` to `last`, and the packs it names as far as they must exist. */
async function writeIndex(repository: Repository, first: number, last: number): Promise<void> {
  const { indexBlobs, contentFormat } = repository.maintenanceParts();
  const session = `s${randomBytes(8).toString('hex')}147`;
  const entries: IndexEntry[] = [];
  let packBlobId = '';
  for (let number = first; number < last; number++) {
    const place = number % PACK_CONTENTS;
    if (place === 0) packBlobId = await writePack(repository.storage, session);
    entries.push({
      key: Buffer.concat([new Uint8Array(1), hashOf(number)]),
      packBlobId,
      packOffset: 32 + place * CONTENT_BYTES,
      packedLength: CONTENT_BYTES,
      originalLength: CONTENT_BYTES - 28,
      timestampSeconds: WRITTEN_SECONDS,
      deleted: false,
      formatVersion: contentFormat.formatVersion,
      compressionHeaderId: 0,
      encryptionKeyId: 0,
    });
  }
  entries.sort((a, b) => Buffer.compare(a.key, b.key));
  await indexBlobs.write([encodeIndex(entries, contentFormat.indexVersion)], session);
}

async function writePack(storage: BlobStorage, session: string): Promise<string> {
  const id = parseBlobId(`p${randomBytes(16).toString('hex')}-${session}`);
  await storage.put(id, [randomBytes(64)]);
  return id;
}

/** A hash that stands for content `number`. */
function hashOf(number: number): Buffer {
  return createHash('sha256').update(String(number)).digest().subarray(0, 16);
}
