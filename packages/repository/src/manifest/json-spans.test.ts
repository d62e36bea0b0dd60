import fc from 'fast-check';
import { expect, test } from 'vitest';
import { itemSpans, memberSpans, textAt } from './json-spans.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test('members are found where they are, however the text is spaced', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
      fc.nat(3),
      (object, indent) => {
        const json = bytesOf(` ${JSON.stringify(object, null, indent)}\n`);
        const found = [...memberSpans(json, 0)].map(([key, span]) => [key, JSON.parse(textAt(json, span))]);
        expect(Object.fromEntries(found)).toStrictEqual(JSON.parse(JSON.stringify(object)));
      },
    ),
  );
});

test('items are found where they are', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), (array) => {
      const json = bytesOf(JSON.stringify(array, null, 1));
      expect(itemSpans(json, 0).map((span) => JSON.parse(textAt(json, span)))).toStrictEqual(
        JSON.parse(JSON.stringify(array)),
      );
    }),
  );
});

test.each([
  '',
  '[',
  '{',
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":"x',
  '{"a":[1',
  '{"a":1 "b":2}',
  '{a:1}',
  '{"a":}',
  '[]',
])('%j is refused as an object', (text) => {
  expect(() => memberSpans(bytesOf(text), 0)).toThrow(SyntaxError);
});

test('no damage hangs it or leads it out of the text', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), fc.nat(255), (value, position, byte) => {
      const json = bytesOf(JSON.stringify({ a: value, b: [value] }));
      json[position % json.length] = byte;
      try {
        for (const { start, end } of memberSpans(json, 0).values()) {
          expect(start).toBeLessThan(end);
          expect(end).toBeLessThanOrEqual(json.length);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
      }
    }),
  );
});
