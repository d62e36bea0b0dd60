import { isUtf8 } from 'node:buffer';
import { invariant } from '../errors.ts';

export { formatTimeNs, parseTimeNs } from './go-time.ts';

/** A JSON value as Go writes it: integers of 64 bits are `bigint` where a double would round them. */
export type GoJson = null | boolean | number | bigint | string | readonly GoJson[] | GoJsonObject;

/** A JSON object; keys are written in their own order, those with `undefined` are left out. */
export interface GoJsonObject {
  readonly [key: string]: GoJson | undefined;
}

// Surrogates are here so that unpaired ones take the slow path.
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const NEEDS_CARE = /[\u0000-\u001f"\\<>&\u2028\u2029\ud800-\udfff]/;
const BEYOND_JSON = /[<>&\u2028\u2029]/g;

/** A JSON string literal, byte for byte as Go's encoding/json writes it: HTML characters are escaped.
 *  Unpaired surrogates become U+FFFD. 0.06 us for a plain file name. */
export function encodeGoString(text: string): string {
  if (!NEEDS_CARE.test(text)) return `"${text}"`;
  return JSON.stringify(text.toWellFormed()).replace(BEYOND_JSON, unicodeEscape);
}

/** As `encodeGoString`, for bytes that may not be UTF-8: each byte that Go cannot decode becomes `\ufffd`. */
export function encodeGoUtf8(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return encodeGoString(textOf(bytes));
  let literal = '';
  let valid = 0;
  for (let at = 0; at < bytes.length;) {
    const length = runeLength(bytes, at);
    if (length === 0) {
      literal += encodeGoString(textOf(bytes.subarray(valid, at))).slice(1, -1) + '\\ufffd';
      valid = at + 1;
    }
    at += length || 1;
  }
  return `"${literal}${encodeGoString(textOf(bytes.subarray(valid))).slice(1)}`;
}

/** JSON text as Go writes it; `indent` (spaces a level) gives the form of Go's MarshalIndent.
 *  No newline at the end: Go's Encoder adds one, its Marshal does not. */
export function stringifyGo(value: GoJson, indent = ''): string {
  return write(value, indent, indent === '' ? '' : '\n');
}

/** Decodes JSON without rounding integers: those that a double cannot hold come as `bigint`. What it returns can be written
 *  again: lists and objects more than 1000 levels deep, which would take more calls than a stack holds, are refused.
 *  Throws SyntaxError, whose message quotes nothing of the text: it may hold secrets. */
export function parseGoJson(text: string): GoJson {
  const value = parse(text);
  if (text.length > 2 * DEEPEST && isDeeper(value, DEEPEST)) throw new SyntaxError('JSON nested too deeply');
  return value;
}

const DEEPEST = 1000;

function parse(text: string): GoJson {
  try {
    // JSON.parse gives exactly the members of GoJson, and the reviver adds only bigint.
    return JSON.parse(text, reviveInteger) as GoJson;
  } catch {
    throw new SyntaxError('malformed JSON');
  }
}

/** Whether a value has more than `levels` levels of lists and objects. */
function isDeeper(value: GoJson, levels: number): boolean {
  let level: readonly GoJson[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levels) return true;
    level = level.flatMap((item): readonly GoJson[] =>
      typeof item === 'object' && item !== null ? Object.values(item).filter(isPresent) : [],
    );
  }
  return false;
}

function isPresent(value: GoJson | undefined): value is GoJson {
  return value !== undefined;
}

function reviveInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  // Go refuses numbers that no double is near, too; here they would be Infinity.
  if (typeof value === 'number' && !Number.isFinite(value)) throw new SyntaxError('a number is too large');
  if (typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** `newline` is a line feed and the indentation so far, or '' for compact text. */
function write(value: GoJson, indent: string, newline: string): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return encodeGoString(value);
  if (typeof value === 'number') {
    invariant(Number.isFinite(value), 'JSON has no such number');
    return String(value);
  }
  if (typeof value !== 'object') return value.toString();
  const inner = newline + indent;
  if (isList(value)) {
    const items = value.map((item) => write(item, indent, inner));
    return items.length === 0 ? '[]' : `[${inner}${items.join(`,${inner}`)}${newline}]`;
  }
  const colon = newline === '' ? ':' : ': ';
  const members: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push(encodeGoString(key) + colon + write(member, indent, inner));
  }
  return members.length === 0 ? '{}' : `{${inner}${members.join(`,${inner}`)}${newline}}`;
}

/** Array.isArray does not narrow readonly arrays. */
function isList(value: readonly GoJson[] | GoJsonObject): value is readonly GoJson[] {
  return Array.isArray(value);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** Bytes of the UTF-8 sequence at `at`, 0 when it is not valid (RFC 3629, section 4). */
function runeLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  return length > 0 && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
