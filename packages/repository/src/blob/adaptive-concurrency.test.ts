import { describe, expect, it } from 'vitest';
import type { Clock } from '../clock.ts';
import { RepositoryError } from '../errors.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import { describeStorage } from '../testing/storage-conformance.ts';
import { withAdaptiveConcurrency } from './adaptive-concurrency.ts';
import { AdaptiveGate, isCongestion } from './adaptive-gate.ts';
import { parseBlobId } from './blob-id.ts';
import { createMemoryStorage } from './memory.ts';

const clock: Clock = createFakeClock();

describeStorage('adaptive concurrency', () =>
  Promise.resolve(withAdaptiveConcurrency(createMemoryStorage({ clock }), clock)),
);

const slowDown = new RepositoryError('STORAGE_FAILED', 'slow down', { status: 503, service: 'SlowDown' });

/** Requests that end when told to. */
function openRequests(gate: AdaptiveGate) {
  const ends: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  const start = (signal?: AbortSignal): Promise<unknown> =>
    gate.run(
      () => new Promise<void>((resolve, reject) => ends.push({ resolve, reject })),
      () => 1 << 20,
      signal,
    );
  return { ends, start };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

describe('a gate', () => {
  it('lets eight requests through at first, and others as those end', async () => {
    const { ends, start } = openRequests(new AdaptiveGate(clock));
    const all = Array.from({ length: 10 }, () => start());
    await settle();
    expect(ends).toHaveLength(8);
    ends[3]?.resolve();
    await settle();
    expect(ends).toHaveLength(9);
    for (let i = 0; i < 10; i++) {
      ends[i]?.resolve();
      await settle();
    }
    await Promise.all(all);
  });

  it('cuts once for everything that was under way', async () => {
    const gate = new AdaptiveGate(clock);
    const { ends, start } = openRequests(gate);
    const all = Array.from({ length: 9 }, () => start().catch((error: unknown) => error));
    await settle();
    for (const { reject } of ends.slice(0, 4)) reject(slowDown);
    await settle();
    expect(gate.limit).toBe(4);
    // Four are still under way, so the ninth waits.
    expect(ends).toHaveLength(8);
    ends[4]?.resolve();
    await settle();
    expect(ends).toHaveLength(9);
    for (const { reject } of ends) reject(slowDown);
    await Promise.all(all);
    expect(gate.limit).toBe(2);
  });

  it('is not left by who does not wait any more', async () => {
    const { ends, start } = openRequests(new AdaptiveGate(clock));
    const held = Array.from({ length: 8 }, () => start());
    const abort = new AbortController();
    const waiting = start(abort.signal);
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(start(abort.signal)).rejects.toBe(reason);
    for (const { resolve } of ends) resolve();
    await Promise.all(held);
    expect(ends).toHaveLength(8);
  });

  it('opens while more requests bring more bytes', async () => {
    const own = createFakeClock();
    const gate = new AdaptiveGate(own);
    // A line of 50 ms that is never full.
    const all = Array.from({ length: 2000 }, () =>
      gate.run(
        () => own.sleep(50),
        () => 1 << 20,
        undefined,
      ),
    );
    await Promise.all(all);
    expect(gate.limit).toBeGreaterThan(50);
  });
});

it.each([
  [{ status: 503 }, true],
  [{ status: 429 }, true],
  [{ status: 400, service: 'RequestTimeout' }, true],
  [{ stallMs: 60_000 }, true],
  [{ errno: 'ETIMEDOUT' }, true],
  [{ status: 500, service: 'InternalError' }, false],
  [{ errno: 'ECONNRESET' }, false],
])('tells congestion from other failures: %j', (detail, expected) => {
  expect(isCongestion(new RepositoryError('STORAGE_FAILED', 'x', detail))).toBe(expected);
  expect(isCongestion(new RepositoryError('STORAGE_DENIED', 'x', detail))).toBe(false);
});

it('passes failures on as they come', async () => {
  const storage = withAdaptiveConcurrency(createMemoryStorage({ clock }), clock);
  await expect(storage.get(parseBlobId('p1'))).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
});
