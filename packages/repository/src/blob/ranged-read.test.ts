import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { RepositoryError } from '../errors.ts';
import { parseBlobId } from './blob-id.ts';
import { resolveRange } from './range.ts';
import { rangeHeader, readAnswer, readRange } from './ranged-read.ts';
import type { BlobRange } from './storage.ts';

const id = parseBlobId('p1');
const call = { signal: new AbortController().signal, progress: () => undefined };

/** A service that does with ranges what RFC 9110 section 14 says. */
function serviceOf(bytes: Uint8Array) {
  return {
    id,
    length: () => Promise.resolve(bytes.length),
    fetch: async (range: BlobRange | undefined) => {
      const [, first = '', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(rangeHeader(range)) ?? [];
      const end = Math.min(last === '' ? bytes.length : Number(last) + 1, bytes.length);
      if (Number(first) >= bytes.length)
        throw new RepositoryError('STORAGE_UNSUPPORTED', '416', { status: 416 });
      const body = Readable.from([bytes.subarray(Number(first), end)]);
      const contentRange = `bytes ${first}-${end - 1}/${bytes.length}`;
      return await readAnswer(
        { body, contentLength: end - Number(first), contentRange },
        { id, range },
        call,
      );
    },
  };
}

it('gives what the contract says, whatever the range', async () => {
  const range = fc.record(
    { offset: fc.integer({ min: -1, max: 12 }), length: fc.integer({ min: -1, max: 12 }) },
    { requiredKeys: ['offset'] },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 10 }),
      fc.option(range, { nil: undefined }),
      async (bytes, asked) => {
        const expected = outcomeOf(() => {
          const { offset, length } = resolveRange(id, asked, bytes.length);
          return Buffer.from(bytes.subarray(offset, offset + length)).toString('hex');
        });
        const got = await readRange(serviceOf(bytes), asked).then(
          (read) => Buffer.from(read).toString('hex'),
          (error: unknown) => (error instanceof RepositoryError ? error.code : error),
        );
        expect(got).toBe(expected);
      },
    ),
    { numRuns: 500 },
  );
});

it('refuses a service that answers a range with the whole', async () => {
  const answer = { body: Readable.from([Buffer.from('abc')]), contentLength: 3, contentRange: undefined };
  const read = readAnswer(answer, { id, range: { offset: 1, length: 1 } }, call);
  await expect(read).rejects.toMatchObject({ code: 'STORAGE_UNSUPPORTED' });
  expect(answer.body.destroyed).toBe(true);
});

function outcomeOf(run: () => string): unknown {
  try {
    return run();
  } catch (error) {
    return error instanceof RepositoryError ? error.code : error;
  }
}
