import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeGoString, encodeGoUtf8, type GoJson, parseGoJson, stringifyGo } from './go-json.ts';

/** Written by Go 1.26's json.Marshal: string bytes in hex, literal. */
const GO_STRINGS: readonly (readonly [string, string])[] = [
  ['', '""'],
  ['706c61696e206173636969', '"plain ascii"'],
  ['225c2f3c3e26', String.raw`"\"\\/\u003c\u003e\u0026"`],
  ['0001080c0a0d091f7f', String.raw`"\u0000\u0001\b\f\n\r\t\u001f` + '\u007f"'],
  ['c3a9f09f9880e280a8e280a9efbfbdefbbbf', '"é😀' + String.raw`\u2028\u2029` + '\ufffd\ufeff"'],
  ['61ff62c3', String.raw`"a\ufffdb\ufffd"`],
  ['eda080', String.raw`"\ufffd\ufffd\ufffd"`],
  ['f09f98', String.raw`"\ufffd\ufffd\ufffd"`],
  ['e280a8e228', String.raw`"\u2028\ufffd("`],
  ['c080f5', String.raw`"\ufffd\ufffd\ufffd"`],
];

describe('strings', () => {
  test.each(GO_STRINGS)('%s is written as Go does', (hex, literal) => {
    expect(encodeGoUtf8(Buffer.from(hex, 'hex'))).toBe(literal);
  });

  test('text and its bytes are written alike, and read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const literal = encodeGoString(text);
        expect(JSON.parse(literal)).toBe(text.toWellFormed());
        expect(encodeGoUtf8(Buffer.from(text))).toBe(literal);
      }),
    );
  });

  test('damaged UTF-8 loses only the bytes that are damaged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (before, after) => {
        const bytes = Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]);
        expect(JSON.parse(encodeGoUtf8(bytes))).toBe(`${before}\ufffd${after}`.toWellFormed());
      }),
    );
  });
});

describe('values', () => {
  test('64-bit integers survive', () => {
    const text = '{"a":9223372036854775807,"b":[-9007199254740993,9007199254740991,1.5],"c":1e+21}';
    expect(stringifyGo(parseGoJson(text))).toBe(text);
    expect(parseGoJson(text)).toMatchObject({
      a: 9223372036854775807n,
      b: [-9007199254740993n, 2 ** 53 - 1, 1.5],
    });
  });

  test('a number that no double is near is refused', () => {
    expect(parseGoJson('[1e308,-1e308,1e-400]')).toEqual([1e308, -1e308, 0]);
    for (const text of ['1e400', '{"a":[-1e400]}'])
      expect(() => parseGoJson(text)).toThrow(/^malformed JSON$/);
  });

  test('a refusal does not quote the text', () => {
    expect(() => parseGoJson('{"secret":"hunter2"')).toThrow(/^malformed JSON$/);
  });

  test.each([
    ['[', ']'],
    ['{"a":', '}'],
  ])('as deep as can be written again, with %s', (open, close) => {
    const nested = (levels: number): string => `${open.repeat(levels)}1${close.repeat(levels)}`;
    expect(stringifyGo(parseGoJson(nested(1000)))).toBe(nested(1000));
    for (const levels of [1001, 2500, 100_000])
      expect(() => parseGoJson(nested(levels))).toThrow(SyntaxError);
  });

  test('what is undefined is left out, key order is kept', () => {
    expect(stringifyGo({ b: 1, skipped: undefined, a: '<', n: null })).toBe(
      String.raw`{"b":1,"a":"\u003c","n":null}`,
    );
  });

  test('indentation is that of Go', () => {
    expect(stringifyGo({ a: [], b: {}, c: [1, 'x', null, { z: 1 }], d: null }, '  ')).toBe(
      '{\n  "a": [],\n  "b": {},\n  "c": [\n    1,\n    "x",\n    null,\n    {\n      "z": 1\n    }\n  ],\n  "d": null\n}',
    );
  });

  test('compact and indented text both hold the value', () => {
    const { tree } = fc.letrec<{ tree: GoJson }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<GoJson>(null, true, false),
        fc.maxSafeInteger(),
        fc.string({ unit: 'grapheme' }),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('tree'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(parseGoJson(stringifyGo(value))).toStrictEqual(value);
        expect(JSON.parse(stringifyGo(value, '  '))).toStrictEqual(value);
      }),
    );
  });
});
