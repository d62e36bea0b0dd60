import {
  contentKey,
  loadAhead,
  type ObjectPart,
  objectParts,
  PackTable,
  parseContentId,
  parseObjectId,
  type Repository,
  RepositoryError,
} from '@holdfast/repository';

import type { DirectoryEntry } from '../snapshot/entry.ts';
import { BoundedCache } from './bounded-cache.ts';
import { isDamage } from './damage.ts';

/** Finds out whether files can still be read: each content must be in the index, and lie within a pack that is there. Of
 *  some files the contents are read too. */
export class FileChecker {
  readonly #repository: Repository;
  readonly #packs: PackTable;
  readonly #filesPercent: number;
  readonly #known = new BoundedCache<Error | undefined>(KNOWN_FILES);

  private constructor(repository: Repository, packs: PackTable, filesPercent: number) {
    this.#repository = repository;
    this.#packs = packs;
    this.#filesPercent = filesPercent;
  }

  /** Lists all packs. `filesPercent` is the share of files that are read, 0 to 100. */
  static async open(
    repository: Repository,
    filesPercent: number,
    signal?: AbortSignal,
  ): Promise<FileChecker> {
    const packs = new PackTable();
    for (const prefix of ['p', 'q'])
      for await (const { id, length } of repository.storage.list(prefix, signal ? { signal } : {}))
        packs.add(id, length);
    return new FileChecker(repository, packs, filesPercent);
  }

  /** What is wrong with a file or link; undefined when nothing is. Throws when that can't be found out. */
  async check({ objectId }: DirectoryEntry): Promise<Error | undefined> {
    const known = this.#known.get(objectId);
    if (known !== undefined) return known.value;
    const result = await this.#check(objectId);
    this.#known.set(objectId, result);
    return result;
  }

  async #check(objectId: string): Promise<Error | undefined> {
    try {
      const isRead = this.#isChosen(objectId);
      const { contents } = this.#repository;
      const check = async ({ contentId }: ObjectPart): Promise<void> => {
        const id = parseContentId(contentId);
        this.#lookUp(contentId, contentKey(id));
        if (isRead) await contents.read(id);
      };
      const checks = loadAhead(objectParts(contents, parseObjectId(objectId)), CONTENTS_AHEAD, check);
      while ((await checks.next()).done !== true);
      return undefined;
    } catch (error) {
      if (isDamage(error)) return error;
      throw error;
    }
  }

  #lookUp(id: string, key: Uint8Array): void {
    const entry = this.#repository.indexView.find(key);
    if (entry === undefined) throw lost(`content ${id} is in no index`, id);
    const { packBlobId, packOffset, packedLength } = entry;
    const length = this.#packs.lengthOf(packBlobId);
    if (length < 0) throw lost(`content ${id} was in pack ${packBlobId}, which is missing`, id);
    if (length < packOffset + packedLength)
      throw lost(`content ${id} was in the part of pack ${packBlobId} that is cut off`, id);
  }

  /** The choice depends on the object alone, so that it is the same wherever the file turns up. */
  #isChosen(objectId: string): boolean {
    const sample = Number.parseInt(objectId.slice(-6), 16) / 0x100_0000;
    return sample * 100 < this.#filesPercent;
  }
}

const KNOWN_FILES = 200_000;
/** Contents of one file that are fetched at a time. */
const CONTENTS_AHEAD = 3;

function lost(message: string, content: string): RepositoryError {
  return new RepositoryError('CONTENT_NOT_FOUND', message, { content });
}
