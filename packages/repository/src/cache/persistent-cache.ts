import { createSecretKey, type KeyObject } from 'node:crypto';
import { errnoName } from '../blob/errno.ts';
import type { Clock } from '../clock.ts';
import { EntryFiles } from './entry-files.ts';
import { entryTag, isSoundEntry, TAG_BYTES, withoutTag } from './protection.ts';
import { entryDirectory, type EntryKind, openRoom, type Room } from './room.ts';
import { type CacheLimits, targetBytes } from './settings.ts';

/** What a cache is made of. */
export interface PersistentCacheOptions {
  /** Directory of the whole cache; entries lie in its subdirectory `kind`. */
  readonly directory: string;
  readonly kind: EntryKind;
  readonly limits: CacheLimits;
  /** Protects entries; see `deriveCacheKey`. */
  readonly key: Uint8Array;
  readonly clock: Clock;
}

/** A file that begins with the bytes of an entry. */
export interface EntryFile {
  readonly path: string;
  /** How many they are; what follows is none of a reader's business. */
  readonly bytes: number;
}

/** Named, immutable bytes on the local disk, within limits. Safe for use by several processes, kopia among them. It never
 *  fails: what can't be read is not there, and after something couldn't be written nothing is put any more. */
export class PersistentCache {
  readonly #files: EntryFiles;
  readonly #room: Room;
  readonly #key: KeyObject;
  readonly #clock: Clock;
  readonly #largestBytes: number;
  #takesEntries: boolean;

  constructor({ directory, kind, limits, key, clock }: PersistentCacheOptions) {
    this.#files = new EntryFiles(entryDirectory(directory, kind));
    this.#room = openRoom(directory, kind, { limits, clock });
    this.#key = createSecretKey(key);
    this.#clock = clock;
    this.#largestBytes = targetBytes(limits) - TAG_BYTES;
    this.#takesEntries = this.#largestBytes > 0;
  }

  /** Whether putting an entry of that size has a point. */
  takes(bytes: number): boolean {
    return this.#takesEntries && bytes <= this.#largestBytes;
  }

  /** The bytes of an entry, checked; one that is not as it was written is removed. */
  get(name: string): Uint8Array | undefined {
    let isDamaged = false;
    const bytes = this.#files.use(name, this.#clock.nowMs(), ({ size, read }) => {
      const plain = withoutTag(this.#key, read(0, size));
      isDamaged = plain === undefined;
      return plain;
    });
    if (isDamaged) this.remove(name);
    return bytes;
  }

  /** Exactly `length` bytes from `offset` of an entry. Not checked. */
  getRange(name: string, offset: number, length: number): Uint8Array | undefined {
    return this.#files.use(name, this.#clock.nowMs(), ({ size, read }) => {
      if (offset + length > size - TAG_BYTES) return undefined;
      const bytes = read(offset, length);
      return bytes.length === length ? bytes : undefined;
    });
  }

  /** Whether there is an entry of that name; not checked. */
  has(name: string): boolean {
    return this.getRange(name, 0, 0) !== undefined;
  }

  /** Whether there is an entry of that many bytes or more; a look at its file only, which does not count as a use. */
  isAsLong(name: string, bytes: number): boolean {
    return this.#files.sizeOf(name) >= bytes + TAG_BYTES;
  }

  /** The file of an entry, checked. It may vanish at any time; whoever has it open keeps it. */
  file(name: string): EntryFile | undefined {
    let isDamaged = false;
    const file = this.#files.use(name, this.#clock.nowMs(), (entry) => {
      isDamaged = !isSoundEntry(this.#key, entry);
      return isDamaged ? undefined : { path: this.#files.pathOf(name), bytes: entry.size - TAG_BYTES };
    });
    if (isDamaged) this.remove(name);
    return file;
  }

  /** Keeps an entry; whether it did. */
  async put(name: string, bytes: Uint8Array): Promise<boolean> {
    if (!this.takes(bytes.length)) return false;
    const size = bytes.length + TAG_BYTES;
    return await this.#try(async () => {
      await this.#room.make(size);
      await this.#files.write(name, [bytes, entryTag(this.#key, bytes)]);
      await this.#room.note(size);
    });
  }

  /** Removes an entry; whether there was one. */
  remove(name: string): boolean {
    return this.#files.remove(name);
  }

  async close(): Promise<void> {
    await this.#try(async () => await this.#room.tell());
  }

  async #try(write: () => Promise<void>): Promise<boolean> {
    if (!this.#takesEntries) return false;
    try {
      await write();
      return true;
    } catch (error) {
      if (errnoName(error) === undefined) throw error;
      this.#takesEntries = false;
      return false;
    }
  }
}
