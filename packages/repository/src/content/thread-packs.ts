import type { StoredPlace } from '../cache/stored-cache.ts';
import { RepositoryError, type RepositoryErrorCode, repositoryErrorCode } from '../errors.ts';
import type { ContentCrypto } from './content-format.ts';
import { type ContentId, contentKey } from './content-id.ts';
import { decodeContent } from './decoder.ts';
import type { FailedRange, FetchedContents, FetchedRange } from './fetched-contents.ts';
import type { IndexFiles } from './index-files.ts';
import { LocalPacks } from './local-packs.ts';

/** What the main thread does for a thread that reads packs; each call blocks until it is done. */
export interface PackDesk {
  /** Path of a file that begins with the pack; undefined where there is none. Throws what bringing it here throws. */
  path(packBlobId: string): string | undefined;
  /** Bytes of a pack, from wherever they are. Throws what reading throws. */
  read(packBlobId: string, offset: number, length: number): Uint8Array;
  /** The stored bytes of a content from the storage, where those that were read may come from a local copy, which is given up;
   *  undefined where there are no copies. Throws what reading throws. */
  reread(place: StoredPlace): Uint8Array | undefined;
}

/** The stored bytes of packs, as one thread gets at them: from memory into which they were fetched ahead, from local files,
 *  or at last from the main thread. */
export class ThreadPacks {
  readonly #desk: PackDesk;
  readonly #files: LocalPacks;
  readonly #isLocal: boolean;
  #fetched: FetchedContents | undefined;

  /** `isLocal`: every pack is a local file. Otherwise metadata packs may have local copies. */
  constructor(desk: PackDesk, isLocal: boolean) {
    this.#desk = desk;
    this.#isLocal = isLocal;
    this.#files = new LocalPacks((packBlobId) => desk.path(packBlobId));
  }

  /** Whether reading neighbours together saves anything. */
  get readsFiles(): boolean {
    return this.#isLocal;
  }

  /** Looks in what was fetched ahead, from now on. */
  use(fetched: FetchedContents | undefined): void {
    this.#fetched = fetched;
  }

  /** Bytes of a pack, in memory that `room` gives or that is valid until what was fetched ahead changes.
   *  Throws PACK_CORRUPT or BLOB_RANGE_INVALID when the pack ends before, BLOB_NOT_FOUND, and what the storage throws. */
  read(
    packBlobId: string,
    offset: number,
    length: number,
    room: (length: number) => Uint8Array = (size) => new Uint8Array(size),
  ): Uint8Array {
    const fetched = this.#fetched && bytesIn(this.#fetched, { packBlobId, offset, length });
    if (fetched !== undefined) return fetched;
    const out = room(length);
    if (this.#readFile(packBlobId, offset, out)) return out;
    return this.#desk.read(packBlobId, offset, length);
  }

  /** What `use` makes of the stored bytes of a content. Where it throws because a local copy is damaged, it is given the
   *  bytes that the storage has. */
  useStored<T>(place: StoredPlace, stored: Uint8Array, use: (stored: Uint8Array) => T): T {
    try {
      return use(stored);
    } catch (error) {
      const other = this.#isLocal || !isDamage(error) ? undefined : this.#desk.reread(place);
      if (other === undefined) throw error;
      return use(other);
    }
  }

  /** A local copy may be gone by the time it is opened. */
  #readFile(packBlobId: string, offset: number, out: Uint8Array): boolean {
    if (!this.#isLocal && !packBlobId.startsWith('q')) return false;
    try {
      return this.#files.read(packBlobId, offset, out);
    } catch (error) {
      if (this.#isLocal || repositoryErrorCode(error) !== 'BLOB_NOT_FOUND') throw error;
      return false;
    }
  }
}

/** Reads one content in a thread; throws as `ContentStore.read` does. */
export function readLocalContent(
  id: ContentId,
  from: { readonly files: IndexFiles; readonly packs: ThreadPacks; readonly crypto: ContentCrypto },
): Uint8Array {
  const entry = from.files.find(contentKey(id));
  if (entry === undefined)
    throw new RepositoryError('CONTENT_NOT_FOUND', `content ${id} is in no index`, { content: id });
  const { packBlobId, packOffset, packedLength } = entry;
  const stored = from.packs.read(packBlobId, packOffset, packedLength);
  return from.packs.useStored(entry, stored, (bytes) => decodeContent(from.crypto, entry, bytes));
}

type Stretch = Omit<FetchedRange, 'at'>;

/** Throws the error of a stretch that could not be fetched. */
function bytesIn({ memory, ranges, failures }: FetchedContents, wanted: Stretch): Uint8Array | undefined {
  const range = ranges.find((each) => holds(each, wanted));
  if (range !== undefined)
    return new Uint8Array(memory, range.at + wanted.offset - range.offset, wanted.length);
  const failure: FailedRange | undefined = failures.find((each) => holds(each, wanted));
  if (failure !== undefined) throw failure.error;
  return undefined;
}

function holds(range: Stretch, { packBlobId, offset, length }: Stretch): boolean {
  const isWithin = offset >= range.offset && offset + length <= range.offset + range.length;
  return isWithin && packBlobId === range.packBlobId;
}

function isDamage(error: unknown): boolean {
  const code = repositoryErrorCode(error);
  return code !== undefined && DAMAGE.has(code);
}

/** What decoding bytes fails with that are not what was stored. */
const DAMAGE: ReadonlySet<RepositoryErrorCode> = new Set([
  'CONTENT_CORRUPT',
  'ECC_UNREPAIRABLE',
  'COMPRESSION_CORRUPT',
]);
