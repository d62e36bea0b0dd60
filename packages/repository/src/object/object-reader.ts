import { decompress } from '../compression/registry.ts';
import type { ContentId } from '../content/content-id.ts';
import { loadAhead } from '../content/load-ahead.ts';
import { RepositoryError } from '../errors.ts';
import { decodeIndirect } from './indirect.ts';
import { objectForm, type ObjectId } from './object-id.ts';

/** Where an object's contents come from. */
export interface ContentSource {
  /** The plain bytes of a content; the caller owns them. */
  read(id: ContentId, signal?: AbortSignal): Promise<Uint8Array>;
}

/** A stretch of an object that is one content. */
export interface ObjectPart {
  /** Bytes from the start of the object. */
  readonly start: number;
  /** Undefined for an object of one content, whose length only the content tells. */
  readonly length: number | undefined;
  readonly contentId: ContentId;
  /** The content holds a compressed stream (`Z` objects). */
  readonly compressed: boolean;
}

/** Deeper lists than this never come from an honest writer: each level multiplies the size by 50,000. */
const MAX_DEPTH = 8;
/** Plain size of a `Z` content at most: it was one chunk. */
const MAX_CHUNK = 128 << 20;

/** The contents an object consists of, in order, without reading any but the lists. */
export async function* objectParts(
  source: ContentSource,
  id: ObjectId,
  signal?: AbortSignal,
): AsyncGenerator<ObjectPart> {
  yield* partsAt(source, id, { start: 0, length: undefined, depth: 0 }, signal);
}

/** How to read an object. */
export interface ReadOptions {
  /** Bytes to skip. */
  readonly from?: number;
  /** Contents to ask for before they are needed; none unless said otherwise. */
  readonly ahead?: number;
  readonly signal?: AbortSignal;
}

/** The object's bytes in order, a content at a time. */
export async function* readObject(
  source: ContentSource,
  id: ObjectId,
  { from = 0, ahead = 0, signal }: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const read = async (part: ObjectPart): Promise<Uint8Array> => {
    const bytes = await readPart(source, part, signal);
    const skip = from - part.start;
    return skip > 0 ? bytes.subarray(skip) : bytes;
  };
  for await (const bytes of loadAhead(partsFrom(source, id, from, signal), ahead, read))
    if (bytes.length > 0) yield bytes;
}

async function* partsFrom(
  source: ContentSource,
  id: ObjectId,
  from: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectPart> {
  for await (const part of objectParts(source, id, signal))
    if (part.length === undefined || part.start + part.length > from) yield part;
}

/** The whole object in memory; throws OBJECT_CORRUPT when it is longer than `maxLength`. */
export async function readWholeObject(
  source: ContentSource,
  id: ObjectId,
  maxLength: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of readObject(source, id, { ...(signal && { signal }) })) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxLength)
      throw new RepositoryError('OBJECT_CORRUPT', `object ${id} is larger than expected`);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

/** Bytes of an object. Reads only the lists of its parts where there are any, otherwise its one content. */
export async function objectLength(
  source: ContentSource,
  id: ObjectId,
  signal?: AbortSignal,
): Promise<number> {
  let end = 0;
  for await (const part of objectParts(source, id, signal))
    end = part.start + (part.length ?? (await readPart(source, part, signal)).length);
  return end;
}

async function* partsAt(
  source: ContentSource,
  id: ObjectId,
  at: { readonly start: number; readonly length: number | undefined; readonly depth: number },
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectPart> {
  if (at.depth > MAX_DEPTH) throw new RepositoryError('OBJECT_CORRUPT', `object ${id} is nested too deeply`);
  const form = objectForm(id);
  if (form.kind === 'content') {
    yield { start: at.start, length: at.length, contentId: form.contentId, compressed: form.compressed };
    return;
  }
  const list = readObject(source, form.listId, { ...(signal && { signal }) });
  let end = 0;
  for await (const entry of decodeIndirect(list)) {
    end = entry.start + entry.length;
    if (at.length !== undefined && end > at.length) throw lengthError(id, end, at.length);
    const inner = { start: at.start + entry.start, length: entry.length, depth: at.depth + 1 };
    yield* partsAt(source, entry.objectId, inner, signal);
  }
  if (at.length !== undefined && end !== at.length) throw lengthError(id, end, at.length);
}

async function readPart(
  source: ContentSource,
  part: ObjectPart,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const stored = await source.read(part.contentId, signal);
  const bytes = part.compressed ? decompress(stored, part.length ?? MAX_CHUNK) : stored;
  if (part.length !== undefined && bytes.length !== part.length)
    throw lengthError(part.contentId, bytes.length, part.length);
  return bytes;
}

function lengthError(part: string, length: number, expected: number): RepositoryError {
  return new RepositoryError(
    'OBJECT_CORRUPT',
    `${part} has ${length} bytes where the list of an object's parts says ${expected}`,
    { part, length, expected },
  );
}
