import type { Readable } from 'node:stream';
import { RepositoryError } from '../errors.ts';
import { readBody } from './object-body.ts';
import { resolveRange } from './range.ts';
import type { WatchedCall } from './stall-limit.ts';
import type { BlobId, BlobRange } from './storage.ts';

/** An object that HTTP can be asked for parts of. */
export interface RangedObject {
  readonly id: BlobId;
  /** The whole object, or a part that isn't empty. A refused range throws an error with `detail.status` 416. */
  fetch(range: BlobRange | undefined): Promise<Uint8Array>;
  /** Bytes of the whole object. */
  length(): Promise<number>;
}

/** What a service answered to such a request. */
export interface RangedAnswer {
  readonly body: Readable;
  readonly contentLength: number | undefined;
  /** `bytes 3-6/10` */
  readonly contentRange: string | undefined;
}

/** `BlobReader.get` for objects: HTTP has no empty ranges, cuts those that reach past the end, and refuses those beyond it. */
export async function readRange(object: RangedObject, range: BlobRange | undefined): Promise<Uint8Array> {
  const asked = range ?? WHOLE;
  if (!canBeAsked(asked)) return await emptyRange(object, asked);
  try {
    return await object.fetch(asked.offset === 0 && asked.length === undefined ? undefined : asked);
  } catch (error) {
    if (!isUnsatisfiable(error)) throw error;
    return await emptyRange(object, asked);
  }
}

const WHOLE: BlobRange = { offset: 0 };

/** What an answer is to. */
export interface AnsweredRange {
  readonly id: BlobId;
  readonly range: BlobRange | undefined;
  /** Where its bytes go, unless into new memory. */
  readonly into?: Uint8Array | undefined;
}

/** The bytes of an answer: exactly those of `range`. Throws BLOB_RANGE_INVALID when the object is too short for it. */
export async function readAnswer(
  { body, contentLength, contentRange }: RangedAnswer,
  { id, range, into }: AnsweredRange,
  call: WatchedCall,
): Promise<Uint8Array> {
  try {
    const total = totalOf(contentRange);
    const { offset, length } = resolveRange(id, range, total ?? contentLength ?? 0);
    if (total === undefined && offset > 0)
      throw new RepositoryError('STORAGE_UNSUPPORTED', 'the storage does not know HTTP ranges', { blob: id });
    return await readBody(body, { id, length, ...(into && { into }) }, call);
  } finally {
    body.destroy();
  }
}

/** The Range header for a range that isn't empty; asking for the whole as a range makes the service say how long it is. */
export function rangeHeader({ offset, length }: BlobRange = WHOLE): string {
  return `bytes=${offset}-${length === undefined ? '' : offset + length - 1}`;
}

async function emptyRange(object: RangedObject, range: BlobRange): Promise<Uint8Array> {
  if (resolveRange(object.id, range, await object.length()).length === 0) return new Uint8Array();
  const message = `the storage refuses a range that blob ${object.id} has`;
  throw new RepositoryError('STORAGE_FAILED', message, { blob: object.id });
}

function canBeAsked({ offset, length }: BlobRange): boolean {
  return isCount(offset) && (length === undefined || (isCount(length) && length > 0));
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isUnsatisfiable(error: unknown): boolean {
  return error instanceof RepositoryError && error.detail['status'] === 416;
}

/** Size of the whole object in a Content-Range header. */
function totalOf(contentRange: string | undefined): number | undefined {
  const total = /^bytes \d+-\d+\/(\d+)$/.exec(contentRange ?? '')?.[1];
  return total === undefined ? undefined : Number(total);
}
