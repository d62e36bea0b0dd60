import type { ByteName } from '../snapshot/names.ts';
import { decodeCodePoints } from '../snapshot/utf8.ts';
import { type CompiledRule, compileRule } from './compiled-rule.ts';
import { matchesPattern } from './match.ts';
import type { IgnoreScope } from './scope.ts';

/** Longest file name that Unix file systems have; longer ones only make the buffer grow. */
const USUAL_NAME_LENGTH = 255;

interface TestedRule {
  readonly compiled: CompiledRule;
  readonly base: string;
}

/** Tells which entries of one directory are ignored. Without rules it costs nothing; with 20, about 0.3 us a name.
 *  Make one for each directory; it isn't plain data. */
export class IgnoreMatcher {
  readonly #rules: readonly TestedRule[];
  readonly #path: string;
  /** Code points of `#path`, a slash and the name being tested; made when the first rule needs them. */
  #points: Uint32Array | undefined;
  #pathLength = 0;

  constructor({ rules, path }: IgnoreScope) {
    this.#rules = rules.map(({ rule, base }) => ({ compiled: compileRule(rule, base === ''), base }));
    this.#path = path;
  }

  /** Whether the entry `name` of the directory is left out. Ignored directories aren't entered.
   *  A rule is tried while the entry isn't ignored, a negated one while it is; the last to change that decides. */
  isIgnored(name: ByteName, isDirectory: boolean): boolean {
    let isIgnored = false;
    for (const { compiled, base } of this.#rules) {
      if (compiled.isNegated !== isIgnored) continue;
      if (compiled.directoriesOnly && !isDirectory) continue;
      if (this.#matches(compiled, base, name)) isIgnored = !isIgnored;
    }
    return isIgnored;
  }

  #matches(rule: CompiledRule, base: string, name: ByteName): boolean {
    switch (rule.kind) {
      case 'name':
        return name === rule.text;
      case 'prefix':
        return name.startsWith(rule.text);
      case 'suffix':
        return name.endsWith(rule.text);
      case 'path': {
        const points = this.#preparePoints(name);
        const end = decodeCodePoints(name, points, this.#pathLength);
        return matchesPattern(rule.pattern, points, this.#codePointCount(base), end);
      }
    }
  }

  #preparePoints(name: ByteName): Uint32Array {
    const directory = `${this.#path}/`;
    if (this.#points === undefined || this.#points.length < directory.length + name.length) {
      this.#points = new Uint32Array(directory.length + Math.max(name.length, USUAL_NAME_LENGTH));
      this.#pathLength = decodeCodePoints(directory, this.#points, 0);
    }
    return this.#points;
  }

  #codePointCount(base: string): number {
    return base === '' ? 0 : decodeCodePoints(base, new Uint32Array(base.length), 0);
  }
}
