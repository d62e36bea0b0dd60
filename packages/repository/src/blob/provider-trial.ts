import type { Clock } from '../clock.ts';
import { repositoryErrorCode } from '../errors.ts';
import { parseBlobId } from './blob-id.ts';
import type { BlobId, BlobStorage } from './storage.ts';

/** What checks of a storage work with. They write blobs whose names start with `prefix` only, and there are no others of such a name. */
export interface Trial {
  readonly storage: BlobStorage;
  readonly clock: Clock;
  readonly call: { readonly signal?: AbortSignal };
  readonly prefix: string;
  /** Blobs that are written, read and listed at the same time. */
  readonly concurrency: number;
  /** Blobs for a listing that comes in pages. */
  readonly listedBlobs: number;
}

/** Tries one thing; gives what went wrong, or undefined. What it throws went wrong too. */
export type Check<T extends Trial = Trial> = (trial: T) => Promise<string | undefined>;

/** Checks by what they expect, such as `a blob can be read as soon as it is written`. */
export type CheckList<T extends Trial = Trial> = readonly (readonly [expectation: string, check: Check<T>])[];

/** A blob of the trial. */
export function ownBlob({ prefix }: Pick<Trial, 'prefix'>, name: string): BlobId {
  return parseBlobId(`${prefix}${name}`);
}

/** Whether a blob has this body, by what a lookup and a read say. */
export async function readsBack(
  { storage, call }: Trial,
  id: BlobId,
  body: Uint8Array,
): Promise<string | undefined> {
  const { length } = await storage.getMetadata(id, call);
  if (length !== body.length) return `it has ${length} bytes instead of ${body.length}`;
  const bytes = await storage.get(id, undefined, call);
  return Buffer.compare(bytes, body) === 0 ? undefined : 'other bytes came';
}

/** Whether these are the blobs of the trial, or those of them whose names go on with `name`. */
export async function listsExactly(
  trial: Trial,
  expected: readonly BlobId[],
  name = '',
): Promise<string | undefined> {
  const found = await idsOf(trial, name);
  const missing = expected.filter((id) => !found.includes(id)).length;
  const surplus = found.length - expected.length + missing;
  return missing === 0 && surplus === 0 ? undefined : `${missing} are missing and ${surplus} too many`;
}

/** Names of those blobs. */
export async function idsOf({ storage, prefix, call }: Trial, name = ''): Promise<BlobId[]> {
  const ids: BlobId[] = [];
  for await (const { id } of storage.list(`${prefix}${name}`, call)) ids.push(id);
  return ids;
}

/** Whether an attempt fails with this code. */
export async function failsWith(
  code: string,
  attempt: Promise<unknown>,
  what: string,
): Promise<string | undefined> {
  const outcome = await attempt.then(() => 'no error', codeOf);
  return outcome === code ? undefined : `${outcome} ${what}`;
}

/** What goes wrong with the first of `items` with which anything does; one after the other. */
export async function firstWrong<T>(
  items: Iterable<T>,
  attempt: (item: T) => Promise<string | undefined>,
): Promise<string | undefined> {
  for (const item of items) {
    const wrong = await attempt(item);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** For a check that has nothing to compare. */
export async function done(action: Promise<void>): Promise<undefined> {
  await action;
}

/** A failure in short. */
export function codeOf(error: unknown): string {
  return repositoryErrorCode(error) ?? textOf(error);
}

/** A failure for people. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
