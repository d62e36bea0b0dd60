import { type ByteName, byteNameFromText } from '../snapshot/names.ts';
import { GLOBSTAR, parsePattern, type Pattern, SEPARATOR, STAR, type Token } from './pattern.ts';

/** A rule in the form in which it is tested. Most rules only look at an entry's name, and that is a string comparison. */
export type CompiledRule = Pick<Pattern, 'isNegated' | 'directoriesOnly'> &
  (
    | { readonly kind: 'name' | 'prefix' | 'suffix'; readonly text: ByteName }
    | { readonly kind: 'path'; readonly pattern: Pattern }
  );

const REPLACEMENT = 0xfffd;
const SLASH = 0x2f;

const MAX_CACHED = 4096;
const cache = new Map<string, CompiledRule>();

/** The compiled form of a rule, remembered for the next directory. Throws IGNORE_RULE_INVALID. */
export function compileRule(rule: string, isRoot: boolean): CompiledRule {
  const key = `${isRoot ? '/' : '.'}${rule}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const compiled = compilePattern(parsePattern(rule, isRoot));
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(key, compiled);
  return compiled;
}

/** The fastest form in which a pattern can be tested. */
export function compilePattern(pattern: Pattern): CompiledRule {
  const { isNegated, directoriesOnly } = pattern;
  const flags = { isNegated, directoriesOnly };
  const body = anywhereBody(pattern.tokens);
  if (body !== undefined) {
    const literal = literalText(body);
    if (literal !== undefined) return { ...flags, kind: 'name', text: literal };
    const suffix = body[0] === STAR ? literalText(body.slice(1)) : undefined;
    if (suffix !== undefined) return { ...flags, kind: 'suffix', text: suffix };
    const prefix = body.at(-1) === STAR ? literalText(body.slice(0, -1)) : undefined;
    if (prefix !== undefined) return { ...flags, kind: 'prefix', text: prefix };
  }
  return { ...flags, kind: 'path', pattern };
}

/** What follows the prefix that lets a pattern match in any directory; undefined when it has none. */
function anywhereBody(tokens: readonly Token[]): readonly Token[] | undefined {
  const start = tokens[0] === SEPARATOR ? 1 : 0;
  return tokens[start] === GLOBSTAR && tokens[start + 1] === SEPARATOR ? tokens.slice(start + 2) : undefined;
}

/** The bytes of tokens that are plain characters. U+FFFD isn't: it stands for any invalid byte too. */
function literalText(tokens: readonly Token[]): ByteName | undefined {
  const points = tokens.filter((token): token is number => typeof token === 'number' && token >= 0);
  const isPlain = points.length === tokens.length && !points.includes(REPLACEMENT) && !points.includes(SLASH);
  return isPlain ? byteNameFromText(String.fromCodePoint(...points)) : undefined;
}
