import { UploaderError } from '../errors.ts';
import { type CharacterSet, parseCharacterSet } from './character-set.ts';

/** A slash that separates path components. */
export const SEPARATOR = -1;
/** `?` */
export const ANY_CHARACTER = -2;
/** `*` */
export const STAR = -3;
/** `**`, which crosses directories. */
export const GLOBSTAR = -4;

/** One of the numbers above, the code point of a literal character, or a set of characters. */
export type Token = number | CharacterSet;

/** A parsed rule, without its base directory: it is matched against `/` + path relative to that. */
export interface Pattern {
  readonly tokens: readonly Token[];
  /** How many of the tokens are stars of either kind. */
  readonly starCount: number;
  /** Begins with `!`: brings back what an earlier rule ignored. */
  readonly isNegated: boolean;
  readonly directoriesOnly: boolean;
}

const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const ASTERISK = 0x2a;
/** Keeps the matcher's recursion, which is as deep as a pattern has stars, within the stack. */
const MAX_LENGTH = 4096;

// Go's unicode.IsSpace, which isn't JavaScript's idea of white space.
const SPACE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*';
const OUTER_SPACE = new RegExp(`^${SPACE}|${SPACE}$`, 'gu');
const LEADING_SPACE = new RegExp(`^${SPACE}`, 'u');

/** Whether a line says nothing. */
export function isBlank(line: string): boolean {
  return line.replaceAll(OUTER_SPACE, '') === '';
}

/** Parses a rule of .gitignore style as kopia does, quirks included, so that both leave out the same files. `isRoot` says that the rule
 *  stands at the root of the snapshot. Throws IGNORE_RULE_INVALID. Source: kopia internal/wcmatch. */
export function parsePattern(rule: string, isRoot: boolean): Pattern {
  const text = trimRule(rule);
  const reader = new PatternReader(rule, text);
  const isNegated = reader.take('!');
  const body = reader.rest();
  const prefix = impliedPrefix(text, body, isRoot);
  const directoriesOnly = text.endsWith('/');
  if (directoriesOnly) reader.dropLast();
  const tokens = [...prefix, ...readTokens(reader)];
  const starCount = tokens.filter((token) => token === STAR || token === GLOBSTAR).length;
  return { tokens, starCount, isNegated, directoriesOnly };
}

/** Spaces around a rule don't count, unless its last but one character is a backslash (then its last is meant). */
function trimRule(rule: string): string {
  const bytes = Buffer.from(rule, 'utf8');
  const isTrimmed = bytes.length > 2 && bytes[bytes.length - 2] !== BACKSLASH;
  return isTrimmed ? rule.replaceAll(OUTER_SPACE, '') : rule;
}

/** What stands for the way from the base directory to the pattern's own first character. */
function impliedPrefix(text: string, body: string, isRoot: boolean): readonly Token[] {
  if (body.startsWith('/') || text === '') return [];
  const fromBase = isRoot ? [] : [SEPARATOR];
  if (text === '**') return fromBase;
  const slash = body.indexOf('/');
  const isAnywhere = slash === -1 || slash === body.length - 1;
  if (isAnywhere) return [...fromBase, GLOBSTAR, SEPARATOR];
  return [SEPARATOR];
}

function readTokens(reader: PatternReader): readonly Token[] {
  const tokens: Token[] = [];
  for (let point = reader.next(); point !== 0; point = reader.next()) tokens.push(readToken(reader, point));
  return tokens;
}

function readToken(reader: PatternReader, point: number): Token {
  switch (String.fromCodePoint(point)) {
    case '\\':
      return reader.nextEscaped();
    case '?':
      return ANY_CHARACTER;
    case '/':
      return SEPARATOR;
    case '*':
      return readStar(reader);
    case '[':
      return parseCharacterSet(reader);
    default:
      return point;
  }
}

/** Two or more stars cross directories if they begin the text, or fill a whole component. */
function readStar(reader: PatternReader): number {
  if (reader.peek(0) !== ASTERISK) return STAR;
  const before = reader.peek(-2);
  while (reader.peek(0) === ASTERISK) reader.next();
  const after = reader.peek(0);
  const fillsComponent = before === SLASH && (after === SLASH || after === 0);
  return before === 0 || fillsComponent ? GLOBSTAR : STAR;
}

/** Goes through the code points of a pattern; 0 means that there are no more. */
export class PatternReader {
  readonly #rule: string;
  #points: readonly number[];
  #at = 0;

  /** `rule` is for error messages; reading starts after the leading spaces of `text`. */
  constructor(rule: string, text: string) {
    this.#rule = rule;
    this.#points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
    if (this.#points.length > MAX_LENGTH) throw this.invalid(`it is longer than ${MAX_LENGTH} characters`);
    this.#at = Array.from(LEADING_SPACE.exec(text)?.[0] ?? '').length;
  }

  get position(): number {
    return this.#at;
  }

  /** The code point that many places from the one to be read next; 0 outside. */
  peek(offset: number): number {
    return this.#points[this.#at + offset] ?? 0;
  }

  next(): number {
    const point = this.peek(0);
    if (point !== 0) this.#at++;
    return point;
  }

  /** The point after a backslash that was just read. */
  nextEscaped(): number {
    const point = this.next();
    if (point === 0) throw this.invalid('it ends with a single backslash; write \\\\ for a backslash');
    return point;
  }

  /** Reads `character` if it comes next. */
  take(character: string): boolean {
    const isNext = this.peek(0) === character.codePointAt(0);
    if (isNext) this.#at++;
    return isNext;
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** The text not read yet. */
  rest(): string {
    return String.fromCodePoint(...this.#points.slice(this.#at));
  }

  /** Leaves out the last character. */
  dropLast(): void {
    this.#points = this.#points.slice(0, -1);
  }

  invalid(reason: string): UploaderError {
    return new UploaderError(
      'IGNORE_RULE_INVALID',
      `cannot understand ignore rule ${JSON.stringify(this.#rule)}: ${reason}`,
      {
        rule: this.#rule,
      },
    );
  }
}
