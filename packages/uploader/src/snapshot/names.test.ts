import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { goString, goStringOfBytes } from './go-text.ts';
import {
  type ByteName,
  byteNameFromLatin1,
  byteNameFromText,
  compareByteNames,
  compareText,
  isSafeEntryName,
  textOfByteName,
} from './names.ts';
import { isUtf8 } from './utf8.ts';
import { visibleNames } from './visible-names.ts';

/** Few kinds of byte, so that names collide: letters, bytes that are never UTF-8 and a real U+FFFD. */
const trickyName = fc
  .array(fc.constantFrom('a', '~', 'f', '\xff', '\xfe', '\xc3', '\xef\xbf\xbd', '\xc3\xa9'), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => byteNameFromLatin1(parts.join('')));
const anyBytes = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

describe('byte names', () => {
  test('text survives the way there and back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(textOfByteName(byteNameFromText(text))).toBe(text);
      }),
    );
  });

  test('UTF-8 is judged as the platform does', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        let isValid = true;
        try {
          decoder.decode(Buffer.from(bytes, 'latin1'));
        } catch {
          isValid = false;
        }
        expect(isUtf8(bytes)).toBe(isValid);
      }),
      { numRuns: 2000 },
    );
  });

  test('text of other bytes has one U+FFFD a byte, as in Go', () => {
    expect(textOfByteName(byteNameFromLatin1('bad-\xff\xfe-utf8'))).toBe('bad-\ufffd\ufffd-utf8');
    expect(textOfByteName(byteNameFromLatin1('\xe2\x82x'))).toBe('\ufffd\ufffdx');
  });

  test('order is that of bytes, also beyond U+FFFF', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        const want = Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(compareText(a, b)).toBe(want);
        expect(compareByteNames(byteNameFromText(a), byteNameFromText(b))).toBe(want);
      }),
    );
    expect(compareText('\uffff', '\u{10000}')).toBe(-1);
  });

  test.each(['', '.', '..', 'a/b', '/', 'a\0'])('%j is not a safe entry name', (name) => {
    expect(isSafeEntryName(byteNameFromText(name))).toBe(false);
  });

  test.each(['...', '.a', 'a\\b', ' ', '\n', 'ü'])('%j is a safe entry name', (name) => {
    expect(isSafeEntryName(byteNameFromText(name))).toBe(true);
  });
});

describe('Go strings', () => {
  test.each([
    ['plain', '"plain"'],
    ['a"\\b', '"a\\"\\\\b"'],
    ['\b\f\n\r\t\x01\x1f\x7f', '"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f"'],
    ['<&>', '"\\u003c\\u0026\\u003e"'],
    ['\u2028\u2029\u2030', '"\\u2028\\u2029\xe2\x80\xb0"'],
    ['é😀', '"\xc3\xa9\xf0\x9f\x98\x80"'],
  ])('%j', (text, json) => {
    expect(goString(text)).toBe(json);
  });

  test('each invalid byte becomes an escaped U+FFFD', () => {
    expect(goStringOfBytes('x\xff\xed\xa0\x80<')).toBe('"x\\ufffd\\ufffd\\ufffd\\ufffd\\u003c"');
  });

  test('are JSON for the same text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(Buffer.from(goString(text), 'latin1').toString())).toBe(text);
      }),
    );
  });
});

describe('visibleNames', () => {
  test('all names of a directory stay different, valid ones as they are', () => {
    fc.assert(
      fc.property(fc.uniqueArray(trickyName, { maxLength: 12 }), (names) => {
        const visible = visibleNames(names);
        const shown = names.map((name) => visible.get(name) ?? name);
        expect(new Set(shown).size).toBe(names.length);
        expect(shown.every(isUtf8)).toBe(true);
        expect([...visible.keys()].toSorted()).toEqual(names.filter((name) => !isUtf8(name)).toSorted());
      }),
      { numRuns: 2000 },
    );
  });

  test("don't depend on the order of the names", () => {
    fc.assert(
      fc.property(fc.uniqueArray(trickyName), (names) => {
        expect(visibleNames(names.toReversed())).toEqual(visibleNames(names));
      }),
    );
  });

  test('look like kopia’s unless two would look alike', () => {
    const names = ['a\xff', 'b\xff', 'b\xfe', 'c\xff', 'c\xef\xbf\xbd'].map(byteNameFromLatin1);
    const shown = names.map((name: ByteName) => textOfByteName(visibleNames(names).get(name) ?? name));
    expect(shown).toEqual(['a\ufffd', 'b\ufffd~ff', 'b\ufffd~fe', 'c\ufffd~ff', 'c\ufffd']);
  });

  test('are no longer than a name may be, and still differ', () => {
    const e = '\xc3\xa9';
    const names = [
      `${e.repeat(127)}\xff`,
      `${e.repeat(127)}\xfe`,
      `\xff${e.repeat(127)}`,
      '\xff'.repeat(255),
      `${'\xff'.repeat(254)}\xfe`,
      `${'x'.repeat(252)}\xff`,
      `${'y'.repeat(252)}\xff`,
      `${'y'.repeat(252)}\xfe`,
    ].map(byteNameFromLatin1);
    const visible = visibleNames(names);
    const shown = names.map((name) => visible.get(name) ?? name);
    expect(new Set(shown).size).toBe(names.length);
    expect(shown.every((name) => name.length <= 255 && isUtf8(name))).toBe(true);
    expect(shown[5]).toBe(`${'x'.repeat(252)}\xef\xbf\xbd`);
    expect(shown[0]).toMatch(/^(\xc3\xa9)+\xef\xbf\xbd~[0-9a-f]{16}$/);
  });
});
