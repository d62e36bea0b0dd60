import { isInSet } from './character-set.ts';
import { ANY_CHARACTER, GLOBSTAR, type Pattern, SEPARATOR, STAR, type Token } from './pattern.ts';

/** How matching the rest of a pattern against the rest of a text ended. */
type Outcome = typeof MATCH | typeof NO_MATCH | typeof TEXT_TOO_SHORT | typeof LEFT_COMPONENT;
const MATCH = 1;
const NO_MATCH = 2;
/** The text ended first: matching later parts of it cannot succeed either. */
const TEXT_TOO_SHORT = 3;
/** A `*` met a slash: only a `**` before it can go on. */
const LEFT_COMPONENT = 4;

const SLASH = 0x2f;
/** From this many stars on outcomes are remembered, which bounds the time by pattern x text instead of an exponential. */
const MANY_STARS = 3;

/** Whether the pattern matches the code points of `text` from `from` to `end`, all of them.
 *  Decides every case as kopia's internal/wcmatch does, also where that surprises: a `*` inside a pattern that has taken at least one
 *  character may take one slash after it (`a*b` matches `ax/b`). */
export function matchesPattern(pattern: Pattern, text: Uint32Array, from: number, end: number): boolean {
  const search = new Search(pattern.tokens, text, end, pattern.starCount >= MANY_STARS);
  return search.from(0, from) === MATCH;
}

class Search {
  readonly #tokens: readonly Token[];
  readonly #text: Uint32Array;
  readonly #end: number;
  readonly #seen: Map<number, Outcome> | undefined;

  constructor(tokens: readonly Token[], text: Uint32Array, end: number, remembers: boolean) {
    this.#tokens = tokens;
    this.#text = text;
    this.#end = end;
    this.#seen = remembers ? new Map() : undefined;
  }

  /** Matches the tokens from `first` on with the text from `start` on. */
  from(first: number, start: number): Outcome {
    const state = first * (this.#end + 1) + start;
    const known = this.#seen?.get(state);
    if (known !== undefined) return known;
    const outcome = this.#explore(first, start);
    this.#seen?.set(state, outcome);
    return outcome;
  }

  #explore(first: number, start: number): Outcome {
    let at = start;
    for (let index = first; index < this.#tokens.length; index++) {
      const token = this.#tokens[index] ?? 0;
      if (token === STAR && this.#tokens[index + 1] === SEPARATOR) {
        // Goes straight to the slash; a component that is empty where the search began doesn't count.
        at = this.#nextSlash(at);
        if (at === -1 || at === start) return NO_MATCH;
        continue;
      }
      if (token === STAR || token === GLOBSTAR) return this.#star(index, at);
      if (at >= this.#end) return TEXT_TOO_SHORT;
      if (!accepts(token, this.#text[at] ?? 0)) return NO_MATCH;
      at++;
    }
    return at === this.#end ? MATCH : NO_MATCH;
  }

  #star(index: number, start: number): Outcome {
    const crosses = this.#tokens[index] === GLOBSTAR;
    if (index === this.#tokens.length - 1) return crosses || this.#nextSlash(start) === -1 ? MATCH : NO_MATCH;
    const matchesNoDirectory =
      crosses &&
      index + 2 < this.#tokens.length &&
      this.#tokens[index + 1] === SEPARATOR &&
      this.from(index + 2, start) === MATCH;
    return matchesNoDirectory ? MATCH : this.#starOfAnyLength(index, start, crosses);
  }

  #starOfAnyLength(index: number, start: number, crosses: boolean): Outcome {
    // Elsewhere the separator after a `**` couldn't match.
    const onlyAtSlashes = crosses && this.#tokens[index + 1] === SEPARATOR;
    for (let at = start; at < this.#end; at++) {
      if (onlyAtSlashes && this.#text[at] !== SLASH) continue;
      const outcome = this.from(index + 1, at);
      if (outcome === NO_MATCH) {
        // The character before the one tried is looked at, which is how a slash can be taken.
        if (!crosses && this.#text[Math.max(start, at - 1)] === SLASH) return LEFT_COMPONENT;
      } else if (!crosses || outcome !== LEFT_COMPONENT) return outcome;
    }
    return TEXT_TOO_SHORT;
  }

  #nextSlash(from: number): number {
    for (let at = from; at < this.#end; at++) if (this.#text[at] === SLASH) return at;
    return -1;
  }
}

function accepts(token: Token, point: number): boolean {
  if (typeof token === 'object') return isInSet(token, point);
  if (token === ANY_CHARACTER) return point !== SLASH;
  return point === (token === SEPARATOR ? SLASH : token);
}
