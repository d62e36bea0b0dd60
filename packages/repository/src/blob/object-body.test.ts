import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseBlobId } from './blob-id.ts';
import { bodyOfParts, digestParts, readBody } from './object-body.ts';
import { concatParts } from './parts.ts';

const id = parseBlobId('p1');
const quiet = () => ({ signal: new AbortController().signal, progress: () => undefined });
const someParts = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 });

it('digests and sends parts as if they were one', async () => {
  await fc.assert(
    fc.asyncProperty(someParts, async (parts) => {
      const whole = concatParts(parts);
      const [md5, sha256] = await digestParts(parts, ['md5', 'sha256']);
      expect(md5).toEqual(createHash('md5').update(whole).digest());
      expect(sha256).toEqual(createHash('sha256').update(whole).digest());
      const sent = await readBody(
        bodyOfParts(parts, () => undefined),
        { id, length: whole.length },
        quiet(),
      );
      expect(Buffer.compare(sent, whole)).toBe(0);
    }),
  );
});

it('sends large parts in pieces of a mebibyte, each of them progress, without copying', async () => {
  const part = new Uint8Array(new SharedArrayBuffer(5 << 19));
  let steps = 0;
  const pieces: unknown[] = await bodyOfParts([part], () => (steps += 1)).toArray();
  expect(steps).toBe(3);
  expect(pieces.every((piece) => piece instanceof Uint8Array && piece.buffer === part.buffer)).toBe(true);
});

it.each([2, 4])('refuses a body of 3 bytes for one of %i', async (length) => {
  const body = Readable.from([Buffer.from('a'), Buffer.from('bc')]);
  await expect(readBody(body, { id, length }, quiet())).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  expect(body.destroyed).toBe(true);
});

it('stops reading with the reason of the signal', async () => {
  const body = new Readable({ read: () => undefined });
  const abort = new AbortController();
  const reason = new Error('enough');
  const read = readBody(body, { id, length: 3 }, { signal: abort.signal, progress: () => undefined });
  abort.abort(reason);
  await expect(read).rejects.toThrow();
  expect(body.destroyed).toBe(true);
});
