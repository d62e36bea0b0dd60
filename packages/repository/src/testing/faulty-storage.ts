import type { StorageOperation } from '../blob/metrics.ts';
import { concatParts, totalLength } from '../blob/parts.ts';
import { retentionOf } from '../blob/powers.ts';
import type { BlobStorage, CallOptions } from '../blob/storage.ts';
import { RepositoryError } from '../errors.ts';

/** What goes wrong with one call. */
export type Fault =
  /** It throws without having had an effect. */
  | { readonly kind: 'fail-before'; readonly error?: Error }
  /** It has its effect, then throws: the answer got lost. */
  | { readonly kind: 'fail-after'; readonly error?: Error }
  /** `get` gives and `put` stores only the first `keep` bytes, and neither says so. */
  | { readonly kind: 'truncate'; readonly keep: number }
  /** It waits for its signal, without effect. */
  | { readonly kind: 'stall' };

/** One call that was made, in order of starting. */
export interface RecordedCall {
  readonly operation: StorageOperation;
  /** Blob, or the prefix of a listing. */
  readonly subject: string;
  /** Bytes given to `put`. */
  readonly bytes: number;
}

/** A storage that fails as a test has planned. */
export interface FaultyStorage extends BlobStorage {
  readonly calls: readonly RecordedCall[];
  /** Plans `fault` for the `nth` call of `operation` from now on (1: the next one). */
  inject(operation: StorageOperation, nth: number, fault: Fault): void;
  /** Lets `mutations` more calls that change something begin; every call after them fails with STORAGE_FAILED, as for a
   *  process whose machine lost power. What was stored until then is in the inner storage. */
  cutPowerAfter(mutations: number): void;
}

/** Wraps `inner`; without planned faults it does what `inner` does. It is never local files, whose reads can't fail. */
export function createFaultyStorage(inner: BlobStorage): FaultyStorage {
  const calls: RecordedCall[] = [];
  const planned: { operation: StorageOperation; nth: number; fault: Fault }[] = [];
  let mutationsLeft = Number.POSITIVE_INFINITY;

  const begin = (operation: StorageOperation, subject: string, bytes = 0): Fault | undefined => {
    calls.push({ operation, subject, bytes });
    const number = calls.filter((call) => call.operation === operation).length;
    if (mutationsLeft <= 0) return { kind: 'fail-before', error: failure('the power is off') };
    if (MUTATIONS.has(operation)) mutationsLeft -= 1;
    return planned.find((plan) => plan.operation === operation && plan.nth === number)?.fault;
  };

  return {
    calls,
    description: `faulty ${inner.description}`,
    inject: (operation, nth, fault) => {
      const before = calls.filter((call) => call.operation === operation).length;
      planned.push({ operation, nth: before + nth, fault });
    },
    cutPowerAfter: (mutations) => {
      mutationsLeft = mutations;
    },
    async get(id, range, call) {
      const fault = begin('get', id);
      const bytes = await underFault(fault, call, () => inner.get(id, range, call));
      return fault?.kind === 'truncate' ? bytes.slice(0, fault.keep) : bytes;
    },
    getMetadata: (id, call) => underFault(begin('getMetadata', id), call, () => inner.getMetadata(id, call)),
    async *list(prefix, call) {
      const fault = begin('list', prefix);
      if (fault?.kind !== 'fail-after') await underFault(fault, call, () => Promise.resolve());
      yield* inner.list(prefix, call);
      if (fault?.kind === 'fail-after') throw errorOf(fault);
    },
    async put(id, parts, call) {
      const fault = begin('put', id, totalLength(parts));
      const stored = fault?.kind === 'truncate' ? [concatParts(parts).slice(0, fault.keep)] : parts;
      await underFault(fault, call, () => inner.put(id, stored, call));
    },
    delete: (id, call) => underFault(begin('delete', id), call, () => inner.delete(id, call)),
    close: () => inner.close(),
    ...retentionOf(inner, (run, call, id) => underFault(begin('extendRetention', id), call, run)),
  };
}

const MUTATIONS: ReadonlySet<StorageOperation> = new Set(['put', 'delete', 'extendRetention']);

async function underFault<T>(
  fault: Fault | undefined,
  call: CallOptions | undefined,
  run: () => Promise<T>,
): Promise<T> {
  if (fault?.kind === 'fail-before') throw errorOf(fault);
  if (fault?.kind === 'stall') return await untilAborted(call?.signal);
  const result = await run();
  if (fault?.kind === 'fail-after') throw errorOf(fault);
  return result;
}

function errorOf(fault: { readonly error?: Error }): Error {
  return fault.error ?? failure('a planned fault');
}

function failure(reason: string): RepositoryError {
  return new RepositoryError('STORAGE_FAILED', reason);
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => reject(signal?.reason);
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort, { once: true });
  });
}
