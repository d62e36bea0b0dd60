import {
  contentIdFromKey,
  contentKey,
  type ContentSource,
  objectParts,
  parseContentId,
  parseObjectId,
  type Repository,
  RepositoryError,
} from '@holdfast/repository';

import { readDirectory } from '../restore/tree-reader.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';

/** What objects and their contents come to. Contents of directories are counted, their bytes are not. */
export interface StorageUsage {
  /** Sizes of the files. */
  objectBytes: number;
  /** Contents of files before compression. */
  originalContentBytes: number;
  /** The same as they are stored. */
  packedContentBytes: number;
  /** Links among them. */
  fileObjects: number;
  dirObjects: number;
  contents: number;
}

/** What one snapshot adds to those before it, and what all of them come to. */
export interface StorageStats {
  readonly newData: Readonly<StorageUsage>;
  readonly runningTotal: Readonly<StorageUsage>;
}

/** Adds up what snapshots take, each object and content once. Memory is half a byte for each entry of the index; the
 *  repository must not be written to meanwhile.
 *  Source: kopia snapshot/snapshotfs/snapshot_storage_stats.go. */
export class StorageAccount {
  readonly #repository: Repository;
  readonly #signal: AbortSignal | undefined;
  readonly #directories: ContentSource;
  readonly #files: ContentSource;
  readonly #seen: Uint8Array;
  readonly #total = noUsage();
  #new = noUsage();

  constructor(repository: Repository, signal?: AbortSignal) {
    this.#repository = repository;
    this.#signal = signal;
    this.#directories = this.#counting('d');
    this.#files = this.#counting('f');
    this.#seen = new Uint8Array(Math.ceil(repository.indexView.count / 2));
  }

  /** What a snapshot with this root adds. Throws CONTENT_NOT_FOUND, and what reading directories throws. */
  async add(root: DirectoryEntry): Promise<StorageStats> {
    this.#new = noUsage();
    await this.#visit(root);
    for (const name of USAGE_NAMES) this.#total[name] += this.#new[name];
    return { newData: this.#new, runningTotal: { ...this.#total } };
  }

  async #visit(entry: DirectoryEntry): Promise<void> {
    if (!this.#isNewObject(entry.objectId)) return;
    if (entry.type === 'd') await this.#visitDirectory(entry);
    else await this.#visitFile(entry);
  }

  /** Recursion takes memory for the depth of the tree; a list of directories to come would for its width. */
  async #visitDirectory({ objectId }: DirectoryEntry): Promise<void> {
    this.#new.dirObjects++;
    for await (const item of readDirectory(this.#directories, objectId, this.#signal))
      if (item.kind === 'entry') await this.#visit(item.entry);
  }

  async #visitFile({ objectId, size }: DirectoryEntry): Promise<void> {
    this.#new.fileObjects++;
    this.#new.objectBytes += size;
    for await (const { contentId } of objectParts(this.#files, parseObjectId(objectId), this.#signal))
      this.#countContent(contentId, 'f');
  }

  /** Contents, of which those that are read count: directories, lists of parts. */
  #counting(type: 'd' | 'f'): ContentSource {
    return {
      read: async (id, signal) => {
        this.#countContent(id, type);
        return await this.#repository.contents.read(id, signal);
      },
    };
  }

  #countContent(id: string, type: 'd' | 'f'): void {
    const key = contentKey(parseContentId(id));
    if (!this.#isFirst(key, CONTENT)) return;
    this.#new.contents++;
    const entry = type === 'f' ? this.#repository.indexView.find(key) : undefined;
    this.#new.originalContentBytes += entry?.originalLength ?? 0;
    this.#new.packedContentBytes += entry?.packedLength ?? 0;
  }

  /** An object is known by the content that holds it, or the first list of its parts. */
  #isNewObject(objectId: string): boolean {
    const [, lists = '', content = ''] = /^(I*)Z?(.*)$/.exec(parseObjectId(objectId)) ?? [];
    return this.#isFirst(contentKey(parseContentId(content)), lists === '' ? WHOLE_OBJECT : LISTED_OBJECT);
  }

  /** True at the first call for a content in that role. */
  #isFirst(key: Uint8Array, role: number): boolean {
    const position = this.#repository.indexView.position(key);
    if (position < 0)
      throw new RepositoryError(
        'CONTENT_NOT_FOUND',
        `content ${contentIdFromKey(key)} of a snapshot is in no index: a verification tells which files are damaged`,
      );
    const bit = role << ((position & 1) * 4);
    const before = this.#seen[position >>> 1] ?? 0;
    this.#seen[position >>> 1] = before | bit;
    return (before & bit) === 0;
  }
}

/** Bits of half a byte. */
const CONTENT = 1;
const WHOLE_OBJECT = 2;
const LISTED_OBJECT = 4;

function noUsage(): StorageUsage {
  return {
    objectBytes: 0,
    originalContentBytes: 0,
    packedContentBytes: 0,
    fileObjects: 0,
    dirObjects: 0,
    contents: 0,
  };
}

const USAGE_NAMES = [
  'objectBytes',
  'originalContentBytes',
  'packedContentBytes',
  'fileObjects',
  'dirObjects',
  'contents',
] as const;
