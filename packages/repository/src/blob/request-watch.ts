import type { Clock } from '../clock.ts';
import { currentAttempt } from './attempt.ts';
import type { StorageMeter, StorageOperation } from './metrics.ts';

/** A request to a storage that goes out; each attempt and each page of a listing is one. */
export interface StorageRequest {
  readonly operation: StorageOperation;
  /** Kind and place of the storage, without secrets. */
  readonly place: string;
  readonly blob?: string;
  /** 1, or more when the same was tried before. */
  readonly attempt: number;
}

/** How it ended. */
export interface StorageRequestEnd {
  /** Bytes of blobs that moved, also in vain. */
  readonly bytes: number;
  readonly durationMs: number;
  /** What it failed with: a `RepositoryError`, or the reason of an abort. A blob that is not there is a failure too. */
  readonly error?: unknown;
}

/** Told of every request, for traces. Neither function may throw or take long: requests wait for them. */
export interface StorageTracer {
  /** A request goes out; what is returned is called once when it has ended, in the same asynchronous context. */
  requestStarted(request: StorageRequest): ((end: StorageRequestEnd) => void) | undefined;
}

/** Who watches requests. */
export interface RequestWatch {
  readonly clock: Clock;
  readonly meter?: StorageMeter | undefined;
  readonly tracer?: StorageTracer | undefined;
}

/** Tells whoever watches that a request goes out; what is returned has to be called when it has ended. */
export function startRequest(
  { clock, meter, tracer }: RequestWatch,
  request: Omit<StorageRequest, 'attempt'>,
): (end: Omit<StorageRequestEnd, 'durationMs'>) => void {
  const startMs = clock.nowMs();
  const tellEnd = tracer?.requestStarted({ ...request, attempt: currentAttempt() });
  return (end) => {
    const durationMs = Math.max(0, clock.nowMs() - startMs);
    meter?.count(request.operation, { failed: 'error' in end, bytes: end.bytes, durationMs });
    tellEnd?.({ ...end, durationMs });
  };
}
