import type { PatternReader } from './pattern.ts';

/** A bracket expression such as `[a-z_]`. Unlike `*` and `?` it can match a slash, as in kopia. */
export interface CharacterSet {
  readonly isNegated: boolean;
  /** Inclusive. */
  readonly ranges: readonly (readonly [from: number, to: number])[];
  readonly classes: readonly RegExp[];
}

const [BANG, DASH, COLON, OPEN, BACKSLASH, CLOSE] = [0x21, 0x2d, 0x3a, 0x5b, 0x5c, 0x5d];

/** POSIX classes as the functions of Go's package unicode define them. */
const CLASSES: ReadonlyMap<string, RegExp> = new Map([
  ['alnum', /^[\p{L}\p{Nd}]$/u],
  ['alpha', /^\p{L}$/u],
  ['ascii', /^\p{ASCII}$/u],
  ['blank', /^[\p{Zs}\t]$/u],
  ['cntrl', /^\p{Cc}$/u],
  ['digit', /^\p{Nd}$/u],
  ['graph', /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]$/u],
  ['lower', /^\p{Ll}$/u],
  ['print', /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u],
  ['punct', /^[\p{P}\p{S}]$/u],
  ['space', /^[\t-\r \u0085\p{Z}]$/u],
  ['upper', /^\p{Lu}$/u],
  ['xdigit', /^[A-Fa-f\p{Nd}]$/u],
]);

/** Whether a code point is in the set. */
export function isInSet({ isNegated, ranges, classes }: CharacterSet, point: number): boolean {
  const isListed =
    ranges.some(([from, to]) => point >= from && point <= to) ||
    classes.some((pattern) => pattern.test(String.fromCodePoint(point)));
  return isListed !== isNegated;
}

/** Reads a bracket expression whose `[` was just read. Throws IGNORE_RULE_INVALID. */
export function parseCharacterSet(reader: PatternReader): CharacterSet {
  const isNegated = reader.peek(0) === BANG;
  if (isNegated) reader.skip(1);
  const ranges: (readonly [number, number])[] = [];
  const classes: RegExp[] = [];
  for (let point = reader.next(); point !== CLOSE; point = reader.next()) {
    if (point === 0) throw reader.invalid('a [ has no ]');
    const from = point === BACKSLASH ? reader.nextEscaped() : point;
    const named = isRange(reader) || from !== OPEN ? undefined : readClass(reader);
    if (named !== undefined) classes.push(named);
    else ranges.push([from, isRange(reader) ? readRangeEnd(reader) : from]);
  }
  return { isNegated, ranges, classes };
}

function isRange(reader: PatternReader): boolean {
  const end = reader.peek(1);
  return reader.peek(0) === DASH && end !== CLOSE && end !== 0;
}

function readRangeEnd(reader: PatternReader): number {
  reader.skip(1);
  const end = reader.next();
  return end === BACKSLASH ? reader.nextEscaped() : end;
}

/** Reads `:name:]` after a `[`; undefined, with nothing read, when the `[` stands for itself. */
function readClass(reader: PatternReader): RegExp | undefined {
  if (reader.peek(0) !== COLON) return undefined;
  let close = 0;
  for (; reader.peek(close) !== CLOSE; close++) {
    if (reader.peek(close) === 0) throw reader.invalid('a [ has no ]');
  }
  // kopia compares a distance with a position here, so that a class far from the beginning of a rule isn't one.
  if (close - 1 <= reader.position || reader.peek(close - 1) !== COLON) return undefined;
  const name = String.fromCodePoint(
    ...Array.from({ length: close - 2 }, (_, i) => reader.peek(1 + i)),
  ).toLowerCase();
  const pattern = CLASSES.get(name);
  if (pattern === undefined) throw reader.invalid(`there is no character class [:${name}:]`);
  reader.skip(close + 1);
  return pattern;
}
