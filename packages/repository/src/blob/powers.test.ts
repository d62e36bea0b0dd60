import { expect, it } from 'vitest';
import { withAdaptiveConcurrency } from './adaptive-concurrency.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import { createFaultyStorage } from '../testing/faulty-storage.ts';
import { parseBlobId } from './blob-id.ts';
import { createMemoryStorage } from './memory.ts';
import { withMetrics } from './metrics.ts';
import { asForeignFinder, asLocalFiles, asRetentionExtender } from './powers.ts';
import { withReadOnly } from './read-only.ts';
import { withRetry } from './retry.ts';
import type { BlobStorage } from './storage.ts';
import { createThrottle, withThrottle } from './throttle.ts';
import { withWriteCheck } from './write-check.ts';

const clock = createFakeClock();
const locking = createMemoryStorage({ clock });
const foreign: BlobStorage = Object.assign(createMemoryStorage({ clock }), {
  findForeign: () => Promise.resolve('backups/b1'),
});
const local: BlobStorage = Object.assign(withReadOnly(locking), {
  localPath: (id: string) => `/blobs/${id}`,
});

const wrappers: readonly [string, (inner: BlobStorage) => BlobStorage, { files: boolean; locks: boolean }][] =
  [
    ['retry', (inner) => withRetry(inner, { clock, random: () => 0 }), { files: true, locks: true }],
    ['metrics', (inner) => withMetrics(inner, { clock }), { files: true, locks: true }],
    ['read-only', withReadOnly, { files: true, locks: false }],
    ['throttle', (inner) => withThrottle(inner, createThrottle({}, clock)), { files: false, locks: true }],
    ['adaptive', (inner) => withAdaptiveConcurrency(inner, clock), { files: false, locks: true }],
    ['write check', withWriteCheck, { files: false, locks: true }],
    ['faulty', createFaultyStorage, { files: false, locks: true }],
  ];

it.each(wrappers)('%s passes on the powers that it may', (_name, wrap, passes) => {
  const twice = wrap(wrap(local));
  expect(asLocalFiles(twice)?.localPath(parseBlobId('p1'))).toBe(passes.files ? '/blobs/p1' : undefined);
  expect(asRetentionExtender(wrap(locking)) !== undefined).toBe(passes.locks);
});

it.each(wrappers)('%s passes on what is no blob', async (name, wrap) => {
  const found = await asForeignFinder(wrap(wrap(foreign)))?.findForeign();
  expect(found).toBe(['metrics', 'faulty'].includes(name) ? undefined : 'backups/b1');
});

it.each(wrappers)('%s invents no power', (_name, wrap) => {
  expect(asLocalFiles(wrap(locking))).toBeUndefined();
  expect(asForeignFinder(wrap(locking))).toBeUndefined();
  expect(asRetentionExtender(wrap(local))).toBeUndefined();
});
