import { RepositoryError } from '../errors.ts';
import { type ObjectId, parseObjectId } from './object-id.ts';

/** One part of an indirect object. */
export interface IndirectEntry {
  /** Bytes from the start of the object. */
  readonly start: number;
  readonly length: number;
  readonly objectId: ObjectId;
}

const HEAD = '{"stream":"kopia:indirect","entries":[';
const TAIL = ']}\n';

/** The JSON text of an indirect object, in pieces of limited size. Source: kopia repo/object/indirect.go. */
export function* encodeIndirect(entries: Iterable<IndirectEntry>): Generator<string> {
  const encoder = new IndirectEncoder();
  for (const entry of entries) {
    const text = encoder.add(entry);
    if (text !== '') yield text;
  }
  yield encoder.finish();
}

/** The same, from entries that come one by one. */
export class IndirectEncoder {
  #text = HEAD;
  #separator = '';

  /** Takes an entry; returns the next piece when there is enough for one, else ''. */
  add(entry: IndirectEntry): string {
    this.#text += this.#separator + encodeEntry(entry);
    this.#separator = ',';
    return this.#text.length < PIECE_LENGTH ? '' : this.#take();
  }

  /** The last piece. */
  finish(): string {
    return this.#take() + TAIL;
  }

  /** A copy that can go on by itself. */
  fork(): IndirectEncoder {
    const fork = new IndirectEncoder();
    fork.#text = this.#text;
    fork.#separator = this.#separator;
    return fork;
  }

  #take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}

function encodeEntry({ start, length, objectId }: IndirectEntry): string {
  const s = start === 0 ? '' : `"s":${start},`;
  const l = length === 0 ? '' : `"l":${length},`;
  return `{${s}${l}"o":"${objectId}"}`;
}

/** Decodes an indirect object that comes in chunks, entry by entry, holding one chunk at a time.
 *  Throws OBJECT_CORRUPT unless the entries follow each other without gap or overlap. */
export async function* decodeIndirect(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<IndirectEntry> {
  let text = '';
  let expected = 0;
  let seenHead = false;
  for await (const chunk of chunks) {
    text += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    if (!seenHead) {
      const list = text.slice(0, LONGEST_ENTRY).indexOf('[');
      if (list < 0 && text.length < LONGEST_ENTRY) continue;
      if (!/"stream"\s*:\s*"kopia:indirect"/.test(text.slice(0, Math.max(list, 0))))
        throw corrupt('it is not a list of parts');
      seenHead = true;
      text = text.slice(list + 1);
    }
    let consumed = 0;
    for (const match of text.matchAll(/\{[^{}]*\}/g)) {
      if (match.index - consumed > LONGEST_ENTRY || match[0].length > LONGEST_ENTRY)
        throw corrupt('an entry does not end');
      if (!/^[\s,]*$/.test(text.slice(consumed, match.index)))
        throw corrupt('entries have something between');
      const entry = decodeEntry(match[0]);
      if (entry.start !== expected) throw corrupt(`a part starts at ${entry.start} instead of ${expected}`);
      expected = entry.start + entry.length;
      consumed = match.index + match[0].length;
      yield entry;
    }
    text = text.slice(consumed);
    if (text.length > LONGEST_ENTRY) throw corrupt('an entry does not end');
  }
  if (!seenHead || !/^\s*\]\s*\}\s*$/.test(text)) throw corrupt('it ends early');
}

function decodeEntry(text: string): IndirectEntry {
  const parsed: unknown = parseJson(text);
  if (typeof parsed !== 'object' || parsed === null) throw corrupt('an entry is no object');
  // Fields are checked one by one below.
  const { s = 0, l = 0, o } = parsed as Record<'s' | 'l' | 'o', unknown>;
  if (!isLength(s) || !isLength(l) || typeof o !== 'string') throw corrupt('an entry has wrong fields');
  return { start: s, length: l, objectId: parseObjectId(o) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw corrupt('an entry is not JSON', error);
  }
}

function isLength(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function corrupt(what: string, cause?: unknown): RepositoryError {
  return new RepositoryError(
    'OBJECT_CORRUPT',
    `the list of an object's parts is damaged: ${what}`,
    {},
    cause,
  );
}

const PIECE_LENGTH = 32 << 10;
const LONGEST_ENTRY = 4096;
