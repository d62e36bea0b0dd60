import { type ContentId, contentIdFromKey, contentKey, writeContentKey } from '../content/content-id.ts';
import { RepositoryError } from '../errors.ts';
import { objectForm, type ObjectId } from '../object/object-id.ts';
import type { ContentSource } from '../object/object-reader.ts';
import type { MetadataPacks } from './metadata-packs.ts';
import type { MaintenanceRunParts } from './parts.ts';
import { type RecordCursor, RecordSorter } from './sorted-records.ts';

/** What finds the contents in use gets to work with. Contents read through it count as used. */
export interface MarkTarget extends ContentSource {
  /** Says that a content is in use. */
  mark(id: ContentId): void;
  /** True at the first call for an object, false ever after. The object must exist. */
  isFirstVisit(id: ObjectId): boolean;
}

/** Marks every content that something refers to; throws when it can't read all of what it must follow. */
export type ContentMarker = (target: MarkTarget, signal: AbortSignal | undefined) => Promise<void>;

/** The contents in use: as many as there may be, sorted on disk. */
export class Marks implements MarkTarget, Disposable {
  readonly #parts: MaintenanceRunParts;
  readonly #metadata: MetadataPacks;
  readonly #sorter: RecordSorter;
  readonly #key: Buffer;
  /** Two bits for each entry of the index: met as an object of one content, met as a list of parts. */
  readonly #visited: Uint8Array;

  constructor(parts: MaintenanceRunParts, metadata: MetadataPacks) {
    this.#parts = parts;
    this.#metadata = metadata;
    this.#key = Buffer.alloc(1 + parts.crypto.hasher.digestLength);
    this.#visited = new Uint8Array(Math.ceil(parts.indexView.count / 4));
    this.#sorter = new RecordSorter({
      directory: parts.workDirectory,
      name: 'marks',
      recordBytes: this.#key.length,
    });
  }

  mark(id: ContentId): void {
    if (1 + (id.length >> 1) !== this.#key.length) throw notFound(id);
    writeContentKey(id, this.#key);
    this.#sorter.add(this.#key);
  }

  isFirstVisit(id: ObjectId): boolean {
    const { contentId, isList } = anchorOf(id);
    const position = this.#parts.indexView.position(contentKey(contentId));
    if (position < 0) throw notFound(contentId);
    const bit = 1 << ((position & 3) * 2 + (isList ? 1 : 0));
    const before = this.#visited[position >>> 2] ?? 0;
    this.#visited[position >>> 2] = before | bit;
    return (before & bit) === 0;
  }

  async read(id: ContentId): Promise<Uint8Array> {
    const key = contentKey(id);
    const entry = this.#parts.indexView.find(key);
    if (entry === undefined) throw notFound(id);
    this.#sorter.add(key);
    return await this.#metadata.read(entry);
  }

  /** Keys of the marked contents, sorted. */
  sorted(): RecordCursor {
    return this.#sorter.sorted();
  }

  [Symbol.dispose](): void {
    this.#sorter.close();
  }
}

/** CONTENT_NOT_FOUND for contents that are in use and in no index. */
export function missingContents(count: number, example: Uint8Array): RepositoryError {
  const content = contentIdFromKey(example);
  return new RepositoryError(
    'CONTENT_NOT_FOUND',
    `${count} contents that snapshots need are in no index, ${content} for one; nothing is deleted while that is so: run a verification to see which snapshots are damaged`,
    { count, content },
  );
}

/** The content by which an object is known: the one that holds it, or the first list of its parts. */
function anchorOf(id: ObjectId): { readonly contentId: ContentId; readonly isList: boolean } {
  let form = objectForm(id);
  const isList = form.kind === 'indirect';
  while (form.kind === 'indirect') form = objectForm(form.listId);
  return { contentId: form.contentId, isList };
}

function notFound(content: ContentId): RepositoryError {
  return missingContents(1, contentKey(content));
}
