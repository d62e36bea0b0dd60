/** Where a JSON value lies in its text: bytes [start, end). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Finds the values of the members of the object at `at`, without decoding them, so that they can be copied byte for byte.
 *  Checks only what it walks over: each value is for JSON.parse to check. The last of equal keys wins. Throws SyntaxError. */
export function memberSpans(json: Uint8Array, at: number): ReadonlyMap<string, Span> {
  const members = new Map<string, Span>();
  walk(json, at, OPEN_OBJECT, CLOSE_OBJECT, (start) => {
    const keyEnd = valueEnd(json, start);
    const key: unknown = JSON.parse(textAt(json, { start, end: keyEnd }));
    const colon = skipSpace(json, keyEnd);
    if (typeof key !== 'string' || json[colon] !== COLON) throw unexpected(colon);
    const value = skipSpace(json, colon + 1);
    const end = valueEnd(json, value);
    members.set(key, { start: value, end });
    return end;
  });
  return members;
}

/** Finds the items of the array at `at`. Throws SyntaxError. */
export function itemSpans(json: Uint8Array, at: number): readonly Span[] {
  const items: Span[] = [];
  walk(json, at, OPEN_ARRAY, CLOSE_ARRAY, (start) => {
    const end = valueEnd(json, start);
    items.push({ start, end });
    return end;
  });
  return items;
}

/** The text of a span. */
export function textAt(json: Uint8Array, { start, end }: Span): string {
  return Buffer.from(json.buffer, json.byteOffset + start, end - start).toString('utf8');
}

/** Calls `part` at the start of each comma-separated part of a container; it returns where the part ends. */
function walk(
  json: Uint8Array,
  at: number,
  open: number,
  close: number,
  part: (start: number) => number,
): void {
  const start = skipSpace(json, at);
  if (json[start] !== open) throw unexpected(start);
  let next = skipSpace(json, start + 1);
  if (json[next] === close) return;
  for (;;) {
    next = skipSpace(json, part(next));
    if (json[next] === close) return;
    if (json[next] !== COMMA) throw unexpected(next);
    next = skipSpace(json, next + 1);
  }
}

function valueEnd(json: Uint8Array, start: number): number {
  const first = json[start];
  if (first === QUOTE) return stringEnd(json, start);
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return containerEnd(json, start);
  let end = start;
  while (end < json.length && isLiteral(json[end] ?? 0)) end++;
  if (end === start) throw unexpected(start);
  return end;
}

function containerEnd(json: Uint8Array, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = stringEnd(json, at) - 1;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
    else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && --depth === 0) return at + 1;
  }
  throw unexpected(json.length);
}

function stringEnd(json: Uint8Array, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at++;
  }
  throw unexpected(json.length);
}

/** Letters, digits, sign, point: what numbers, true, false and null are made of. */
function isLiteral(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x2e ||
    byte === 0x45
  );
}

function skipSpace(json: Uint8Array, at: number): number {
  while (json[at] === 0x20 || json[at] === 0x0a || json[at] === 0x0d || json[at] === 0x09) at++;
  return at;
}

function unexpected(at: number): SyntaxError {
  return new SyntaxError(`malformed JSON at byte ${at}`);
}
