import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { uploaderErrorCode } from '../errors.ts';
import { byteNameFromText } from '../snapshot/names.ts';
import { decodeCodePoints } from '../snapshot/utf8.ts';
import { compilePattern } from './compiled-rule.ts';
import { matchesPattern } from './match.ts';
import { isBlank, parsePattern, type Pattern } from './pattern.ts';

/** Whether a rule at the snapshot's root (or, with `isRoot` false, in a directory) matches a path relative to it. */
function matches(rule: string | Pattern, path: string, isRoot = true): boolean {
  const bytes = byteNameFromText(path);
  const points = new Uint32Array(bytes.length);
  const end = decodeCodePoints(bytes, points, 0);
  return matchesPattern(typeof rule === 'string' ? parsePattern(rule, isRoot) : rule, points, 0, end);
}

// Each line was seen with the real kopia.
const TABLE: readonly (readonly [rule: string, matching: readonly string[], other: readonly string[]])[] = [
  ['a', ['/a', '/x/a', '/x/y/a'], ['/ab', '/ba', '/a/b']],
  ['/a', ['/a'], ['/x/a']],
  ['a/b', ['/a/b'], ['/x/a/b']],
  ['*.o', ['/.o', '/a.o', '/x/a.o'], ['/a.oo', '/a.o/b']],
  ['a*', ['/a', '/ab', '/x/ab'], ['/ba', '/ab/c']],
  ['/x/*', ['/x/a'], ['/x/a/b', '/x']],
  ['/x/**', ['/x/a', '/x/a/b'], ['/x']],
  ['**/b', ['/b', '/a/b', '/a/c/b'], ['/ab']],
  ['a/**/b', ['/a/b', '/a/x/b', '/a/x/y/b'], ['/a/xb', '/x/a/b']],
  ['**', ['/a', '/a/b'], []],
  ['a?c', ['/abc', '/x/aéc', '/a😀c'], ['/ac', '/a/c']],
  ['[a-c]x', ['/ax', '/y/bx'], ['/dx', '/x']],
  ['[!a]x', ['/bx'], ['/ax']],
  ['[]x', [], ['/x', '/]x']],
  ['[[:digit:]]', ['/1', '/x/٣'], ['/a']],
  ['\\*', ['/*'], ['/a']],
  ['\\!a', ['/!a'], ['/a']],
  ['  a  ', ['/a'], ['/  a  ']],
  ['*/b', ['/a/b'], ['/b', '/x/a/b']],
  // Surprising, but kopia's.
  ['a*b', ['/ab', '/axxb', '/ax/b'], ['/a/b', '/ax/y/b']],
  ['x[!a]y', ['/xby', '/x/y'], ['/xay']],
  ['foobar[[:alpha:]]', ['/foobar:]', '/foobara]'], ['/foobarx']],
];

describe('ignore patterns', () => {
  test.each(TABLE)('%j matches %j but not %j', (rule, matching, other) => {
    expect(matching.filter((path) => !matches(rule, path))).toEqual([]);
    expect(other.filter((path) => matches(rule, path))).toEqual([]);
  });

  test.each(['a\\', '[a', '[a\\', 'x[!', '[[:nonsense:]]', 'a\\/', '[a-\\', 'x'.repeat(5000)])(
    '%j is invalid',
    (rule) => {
      try {
        parsePattern(rule, true);
        expect.unreachable();
      } catch (error) {
        expect(uploaderErrorCode(error)).toBe('IGNORE_RULE_INVALID');
      }
    },
  );

  test('flags', () => {
    expect(parsePattern('!a/', true)).toMatchObject({ isNegated: true, directoriesOnly: true });
    expect(parsePattern('a', true)).toMatchObject({ isNegated: false, directoriesOnly: false });
    expect(isBlank(' \t\u00a0\u0085')).toBe(true);
    expect(isBlank('\ufeff')).toBe(false);
  });

  test('every rule parses or is refused, and matching ends soon', () => {
    const rule = fc.string({ unit: fc.constantFrom(...Array.from('a*?/[]!-\\ :b.é')), maxLength: 30 });
    const path = fc
      .string({ unit: fc.constantFrom(...Array.from('ab/.é:-')), maxLength: 40 })
      .map((text) => `/${text}`);
    fc.assert(
      fc.property(rule, path, fc.boolean(), (text, target, isRoot) => {
        try {
          expect(typeof matches(text, target, isRoot)).toBe('boolean');
        } catch (error) {
          expect(uploaderErrorCode(error)).toBe('IGNORE_RULE_INVALID');
        }
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    '**/a/'.repeat(60) + 'x',
    '*a'.repeat(200) + 'x',
    '**/*a*/'.repeat(40) + 'x',
    '**/'.repeat(1300) + 'x',
  ])('a hostile rule takes no exponential time (%#)', (rule) => {
    const start = performance.now();
    expect(matches(rule, '/a'.repeat(200))).toBe(false);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('remembering outcomes changes none', () => {
    const rule = fc.string({ unit: fc.constantFrom('a', '*', '**', '/', '?', '[!b]'), maxLength: 10 });
    const path = fc
      .string({ unit: fc.constantFrom(...Array.from('ab/')), maxLength: 14 })
      .map((text) => `/${text}`);
    fc.assert(
      fc.property(rule, path, (text, target) => {
        const pattern = parsePattern(text, true);
        expect(matches({ ...pattern, starCount: 99 }, target)).toBe(
          matches({ ...pattern, starCount: 0 }, target),
        );
      }),
      { numRuns: 3000 },
    );
  });

  test('the fast forms of rules on names decide as the general one', () => {
    const literal = fc.string({ unit: fc.constantFrom(...Array.from('ab.é😀')), minLength: 1, maxLength: 4 });
    const rule = fc.oneof(
      literal,
      literal.map((text) => `*${text}`),
      literal.map((text) => `${text}*`),
      fc.constant('*'),
    );
    const component = fc.string({
      unit: fc.constantFrom(...Array.from('ab.é😀')),
      minLength: 1,
      maxLength: 5,
    });
    const kinds = new Set<string>();
    fc.assert(
      fc.property(
        rule,
        fc.array(component, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (text, path, isRoot) => {
          const pattern = parsePattern(text, isRoot);
          const compiled = compilePattern(pattern);
          const name = byteNameFromText(path.at(-1) ?? '');
          kinds.add(compiled.kind);
          const decided =
            (compiled.kind === 'name' && name === compiled.text) ||
            (compiled.kind === 'prefix' && name.startsWith(compiled.text)) ||
            (compiled.kind === 'suffix' && name.endsWith(compiled.text));
          expect(decided).toBe(matches(pattern, `/${path.join('/')}`));
        },
      ),
      { numRuns: 3000 },
    );
    expect([...kinds].toSorted()).toEqual(['name', 'prefix', 'suffix']);
  });
});
