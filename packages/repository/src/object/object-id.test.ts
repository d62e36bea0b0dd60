import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { repositoryErrorCode } from '../errors.ts';
import { parseContentId } from '../content/content-id.ts';
import { directObjectId, indirectObjectId, objectForm, objectPrefix, parseObjectId } from './object-id.ts';

const letters = 'ghijklmnopqrstuvwxyz'.split('');
const contentIds = fc
  .tuple(fc.constantFrom('', ...letters), fc.uint8Array({ minLength: 1, maxLength: 32 }))
  .map(([letter, hash]) => letter + Buffer.from(hash).toString('hex'));

function codeOf(text: string): string | undefined {
  try {
    parseObjectId(text);
    return undefined;
  } catch (error) {
    return repositoryErrorCode(error);
  }
}

describe('object IDs', () => {
  test('say where the bytes are', () => {
    fc.assert(
      fc.property(contentIds, fc.nat(3), fc.boolean(), (content, depth, compressed) => {
        const isCompressed = compressed && depth === 0;
        let form = objectForm(parseObjectId(`${'I'.repeat(depth)}${isCompressed ? 'Z' : ''}${content}`));
        for (let level = 0; level < depth; level++) {
          expect(form.kind).toBe('indirect');
          if (form.kind === 'indirect') form = objectForm(form.listId);
        }
        expect(form).toEqual({ kind: 'content', contentId: content, compressed: isCompressed });
      }),
    );
  });

  test('are made of content IDs and lists', () => {
    const direct = directObjectId(parseContentId('k0011'));
    expect(direct).toBe('k0011');
    expect(indirectObjectId(indirectObjectId(direct))).toBe('IIk0011');
    expect(objectPrefix(indirectObjectId(direct))).toBe('k');
    expect(objectPrefix(parseObjectId('Zab'))).toBe('');
  });

  test('lose the letter that old repositories put before a content', () => {
    expect(parseObjectId('Dab')).toBe('ab');
    expect(parseObjectId('IDxab')).toBe('Ixab');
  });

  test.each(['', 'I', 'Z', 'abc', 'IZab', 'ZIab', 'kkab', 'aab', 'AB', 'ab\n', ' ab', 'ab/../cd', 'Ig'])(
    'are not %j',
    (text) => {
      expect(codeOf(text)).toBe('ID_INVALID');
    },
  );

  test('of any text are refused or kept as they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'IZDgkx01af/ '.split('')) }), (text) => {
        if (codeOf(text) === undefined)
          expect(parseObjectId(text)).toBe(text.replace(/D(?=[g-z]?[0-9a-f])/, ''));
        else expect(codeOf(text)).toBe('ID_INVALID');
      }),
    );
  });
});
