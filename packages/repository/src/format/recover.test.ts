import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findFixture, unpackFixture } from '../../../../test/support/fixtures.ts';
import { parseBlobId } from '../blob/blob-id.ts';
import { createFileSystemStorage } from '../blob/filesystem.ts';
import { createMemoryStorage } from '../blob/memory.ts';
import type { BlobStorage } from '../blob/storage.ts';
import { systemClock } from '../clock.ts';
import { encodeFormatCopy, recoverFormatBlob } from './recover.ts';

const PACK = parseBlobId('p0011');
const FORMAT = new TextEncoder().encode('{"tool":"x"}');

async function packOf(...parts: Uint8Array[]): Promise<BlobStorage> {
  const storage = createMemoryStorage({ clock: systemClock });
  await storage.put(PACK, parts);
  return storage;
}

describe('copies of the format blob', () => {
  test('are in every pack of format 1', async () => {
    using fixture = unpackFixture(findFixture('format-v1'));
    const storage = await createFileSystemStorage({ path: fixture.path }, 'read-only');
    const format = readFileSync(join(fixture.path, 'kopia.repository.f'));
    const packs = (fixture.expected.blobs ?? [])
      .map((blob) => blob.name)
      .filter((name) => /^[pq]/.test(name));
    expect(packs).not.toHaveLength(0);
    for (const pack of packs) {
      const copy = await recoverFormatBlob(storage, parseBlobId(pack));
      expect(Buffer.from(copy ?? [])).toEqual(format);
    }
  });

  test('are found at the start and at the end, whatever else is in the pack', async () => {
    const copy = encodeFormatCopy(FORMAT);
    for (const padding of [0, 1, 70_000].map((length) => new Uint8Array(length).fill(0xff))) {
      expect(await recoverFormatBlob(await packOf(copy, padding), PACK)).toEqual(FORMAT);
      expect(await recoverFormatBlob(await packOf(padding, copy), PACK)).toEqual(FORMAT);
    }
  });

  test('are not made up', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(await recoverFormatBlob(await packOf(bytes), PACK)).toBeUndefined();
      }),
    );
    const copy = encodeFormatCopy(FORMAT);
    for (let at = 2; at < copy.length - 2; at++) {
      const damaged = copy.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(await recoverFormatBlob(await packOf(damaged), PACK)).toBeUndefined();
    }
  });

  test('have a greatest length', () => {
    expect(encodeFormatCopy(new Uint8Array(64_968))).toHaveLength(65_004);
    expect(() => encodeFormatCopy(new Uint8Array(64_969))).toThrow(
      expect.objectContaining({ code: 'FORMAT_UNSUPPORTED' }),
    );
  });
});
