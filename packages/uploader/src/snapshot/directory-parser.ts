import { UploaderError } from '../errors.ts';
import { ByteCarry } from './byte-carry.ts';
import { DIRECTORY_STREAM, type DirectoryTail } from './directory.ts';
import { decodeEntry, type DirectoryEntry } from './entry.ts';
import { EXTRA_KEY } from './extra.ts';
import { JsonFields, type JsonSubject, parseJson } from './json-fields.ts';
import { isJsonSpace, ValueScanner } from './json-scanner.ts';
import { decodeDirectoryExtra } from './specials.ts';
import { decodeSummary } from './summary.ts';

/** No single entry or summary is held in memory beyond this; kopia's longest are summaries that list many failures. */
const MAX_VALUE_SIZE = 64 * 1024 * 1024;

const PIECE_BYTES = 64 * 1024;

const SUBJECT: JsonSubject = { what: 'directory object', code: 'DIRECTORY_CORRUPT' };
const KEPT_KEYS: ReadonlySet<string> = new Set(['stream', 'entries', 'summary', EXTRA_KEY]);

/** What the next byte that isn't white space belongs to. */
type Expecting =
  | 'object'
  | 'firstKey'
  | 'key'
  | 'colon'
  | 'value'
  | 'afterValue'
  | 'firstEntry'
  | 'entry'
  | 'afterEntry'
  | 'nothing';

/** Decodes a directory object that comes in pieces of any size, with memory for one piece and one entry.
 *  Input that is no directory object throws DIRECTORY_CORRUPT, from `push` or at the latest from `end`. */
export class DirectoryParser {
  readonly #scanner = new ValueScanner();
  readonly #carry = new ByteCarry(MAX_VALUE_SIZE);
  readonly #fields: Record<string, unknown> = {};
  #expecting: Expecting = 'object';
  /** Inside a value (or key) whose end hasn't come yet. */
  #inValue = false;
  #key = '';
  #entries: DirectoryEntry[] = [];
  /** Where the entries that are complete in this piece begin and end; they are parsed together. */
  #runStart = 0;
  #runEnd = 0;

  /** The entries whose last byte is in this piece. `chunk` is only read, not kept. */
  push(chunk: Uint8Array): DirectoryEntry[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#entries = [];
    for (let at = 0; at < bytes.length;) {
      if (this.#inValue) at = this.#takeValue(bytes, at);
      else if (isJsonSpace(bytes[at] ?? 0)) at++;
      else at = this.#takeMark(bytes, at);
    }
    this.#parseRun(bytes);
    return this.#entries;
  }

  /** What `push` gives, a few hundred entries at a time: a content of 8 MiB would otherwise become 60 MB of objects at once. */
  *read(chunk: Uint8Array): Generator<DirectoryEntry> {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES)
      yield* this.push(chunk.subarray(at, at + PIECE_BYTES));
  }

  /** Call after the last `push`. */
  end(): DirectoryTail {
    if (this.#expecting !== 'nothing') throw corrupt('it ends in the middle');
    const fields = new JsonFields(this.#fields, SUBJECT);
    if (fields.string('stream') !== DIRECTORY_STREAM) fields.fail('stream', DIRECTORY_STREAM);
    return {
      ...(fields.has('summary') && {
        summary: decodeSummary(fields.raw('summary'), fields.nested('summary')),
      }),
      ...(fields.has(EXTRA_KEY) && {
        extra: decodeDirectoryExtra(fields.raw(EXTRA_KEY), fields.nested(EXTRA_KEY)),
      }),
    };
  }

  /** Handles the punctuation at `at`, or sees that a value begins there. Returns where to go on. */
  #takeMark(bytes: Buffer, at: number): number {
    const next = this.#afterMark(String.fromCharCode(bytes[at] ?? 0));
    if (next === undefined) throw corrupt('it is not well-formed');
    if (next !== 'begin') {
      this.#expecting = next;
      return at + 1;
    }
    this.#inValue = true;
    if (this.#runEnd === 0) this.#runStart = at;
    return at;
  }

  /** What to expect after the punctuation `mark`; `begin` when `mark` is the first byte of the expected value. */
  #afterMark(mark: string): Expecting | 'begin' | undefined {
    switch (this.#expecting) {
      case 'object':
        return mark === '{' ? 'firstKey' : undefined;
      case 'firstKey':
        return mark === '"' ? 'begin' : mark === '}' ? 'nothing' : undefined;
      case 'key':
        return mark === '"' ? 'begin' : undefined;
      case 'colon':
        return mark === ':' ? 'value' : undefined;
      case 'value':
        return this.#afterValueMark(mark);
      case 'afterValue':
        return mark === ',' ? 'key' : mark === '}' ? 'nothing' : undefined;
      case 'firstEntry':
        return mark === '{' ? 'begin' : mark === ']' ? 'afterValue' : undefined;
      case 'entry':
        return mark === '{' ? 'begin' : undefined;
      case 'afterEntry':
        return mark === ',' ? 'entry' : mark === ']' ? 'afterValue' : undefined;
      case 'nothing':
        return undefined;
    }
  }

  #afterValueMark(mark: string): Expecting | 'begin' | undefined {
    if (this.#key !== 'entries') return ',:]}'.includes(mark) ? undefined : 'begin';
    return mark === '[' ? 'firstEntry' : mark === 'n' ? 'begin' : undefined;
  }

  /** Takes bytes of the current value up to its end or the piece's. Returns where to go on. */
  #takeValue(bytes: Buffer, at: number): number {
    const end = this.#scanner.scan(bytes, at);
    this.#inValue = end === -1;
    const stop = end === -1 ? bytes.length : end;
    if (this.#isEntry()) this.#takeEntry(bytes, at, stop);
    else this.#takeField(bytes.subarray(at, stop));
    return stop;
  }

  #isEntry(): boolean {
    return this.#expecting === 'firstEntry' || this.#expecting === 'entry';
  }

  /** An entry in one piece joins the run; one that began earlier, or goes on later, is put together in the carry. */
  #takeEntry(bytes: Buffer, at: number, stop: number): void {
    const isWhole = !this.#inValue;
    if (isWhole) this.#expecting = 'afterEntry';
    if (isWhole && this.#carry.isEmpty) {
      this.#runEnd = stop;
      return;
    }
    this.#parseRun(bytes);
    this.#keep(bytes.subarray(at, stop));
    if (isWhole) this.#addEntries(this.#carry.takeText());
  }

  #parseRun(bytes: Buffer): void {
    const [from, to] = [this.#runStart, this.#runEnd];
    this.#runEnd = 0;
    if (to > 0) this.#addEntries(bytes.toString('utf8', from, to));
  }

  #addEntries(text: string): void {
    const parsed = parseJson(`[${text}]`, SUBJECT);
    if (!Array.isArray(parsed)) throw corrupt('its entries are not a list');
    for (const value of parsed) this.#entries.push(decodeEntry(value, SUBJECT));
  }

  /** A key, or the value of a top-level field; values of fields that mean nothing to us are passed over. */
  #takeField(part: Uint8Array): void {
    const isKey = this.#expecting !== 'value';
    if (isKey || KEPT_KEYS.has(this.#key)) this.#keep(part);
    if (this.#inValue) return;
    const text = this.#carry.takeText();
    if (isKey) this.#beginField(text);
    else if (text !== '') this.#fields[this.#key] = parseJson(text, SUBJECT);
    this.#expecting = isKey ? 'colon' : 'afterValue';
  }

  #beginField(quoted: string): void {
    this.#key = String(parseJson(quoted, SUBJECT));
    if (Object.hasOwn(this.#fields, this.#key)) throw corrupt(`field ${quoted} occurs twice`);
    if (KEPT_KEYS.has(this.#key)) this.#fields[this.#key] = null;
  }

  #keep(part: Uint8Array): void {
    if (!this.#carry.append(part)) throw corrupt('an entry or field is too large');
  }
}

/** Decodes a directory object that is in memory as a whole. */
export function decodeDirectory(
  bytes: Uint8Array,
): DirectoryTail & { readonly entries: readonly DirectoryEntry[] } {
  const parser = new DirectoryParser();
  const entries = parser.push(bytes);
  return { ...parser.end(), entries };
}

function corrupt(reason: string): UploaderError {
  return new UploaderError('DIRECTORY_CORRUPT', `cannot read directory object: ${reason}`);
}
