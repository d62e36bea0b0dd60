import { expect, it } from 'vitest';
import { RepositoryError } from '../errors.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import { processEnvironment } from './environment.ts';
import { StorageMeter } from './metrics.ts';
import type { StorageRequest, StorageRequestEnd, StorageTracer } from './request-watch.ts';
import { retryTransient } from './retry.ts';
import { serviceCall } from './service-call.ts';

interface Span {
  readonly request: StorageRequest;
  end?: StorageRequestEnd;
}

function recordingTracer(): StorageTracer & { readonly spans: Span[] } {
  const spans: Span[] = [];
  return {
    spans,
    requestStarted(request) {
      const span: Span = { request };
      spans.push(span);
      return (end) => {
        expect(span.end).toBeUndefined();
        span.end = end;
      };
    },
  };
}

it('tells of each attempt of a request, with its error as it is thrown', async () => {
  const clock = createFakeClock();
  const tracer = recordingTracer();
  const meter = new StorageMeter();
  const environment = { ...processEnvironment, clock, random: () => 0, tracer, meter };
  const coded = new RepositoryError('STORAGE_FAILED', 'slow down');
  const context = { environment, place: 'bucket b', errorOf: () => coded };
  let calls = 0;
  const read = () =>
    serviceCall(context, { verb: 'read', blob: 'p1' }, undefined, ({ progress }) => {
      clock.advance(40);
      progress(7);
      return calls++ === 0 ? Promise.reject(new Error('503')) : Promise.resolve('done');
    });

  expect(await retryTransient(read, environment, undefined)).toBe('done');

  const request = { operation: 'get', place: 'bucket b', blob: 'p1' };
  expect(tracer.spans).toEqual([
    { request: { ...request, attempt: 1 }, end: { bytes: 7, durationMs: 40, error: coded } },
    { request: { ...request, attempt: 2 }, end: { bytes: 7, durationMs: 40 } },
  ]);
  expect(meter.snapshot().get).toEqual({ requests: 2, failures: 1, bytes: 14, totalMs: 80, maxMs: 40 });
});

it('tells the reason of an abort', async () => {
  const tracer = recordingTracer();
  const environment = { ...processEnvironment, tracer };
  const reason = new Error('enough');
  const abort = new AbortController();
  const context = { environment, place: 'bucket b', errorOf: (error: unknown) => error };
  const call = serviceCall(context, { verb: 'list' }, { signal: abort.signal }, async ({ signal }) => {
    abort.abort(reason);
    signal.throwIfAborted();
    return await Promise.resolve();
  });
  await expect(call).rejects.toBe(reason);
  expect(tracer.spans).toMatchObject([
    { request: { operation: 'list', attempt: 1 }, end: { error: reason } },
  ]);
});
