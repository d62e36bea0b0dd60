import type { StorageEnvironment } from './environment.ts';
import type { StorageOperation } from './metrics.ts';
import { startRequest } from './request-watch.ts';
import { retryTransient } from './retry.ts';
import type { ServiceAttempt } from './service-attempt.ts';
import { type WatchedCall, withStallLimit } from './stall-limit.ts';
import type { CallOptions } from './storage.ts';

/** What every request to a service shares. */
export interface ServiceContext {
  readonly environment: StorageEnvironment;
  /** For messages. */
  readonly place: string;
  /** The coded form of what the service's SDK throws. */
  readonly errorOf: (error: unknown, attempt: ServiceAttempt) => unknown;
}

/** Runs one request (and the reading of its body): watched for stalls, counted, its errors coded. An abort rejects with its
 *  reason. */
export async function serviceCall<T>(
  { environment, place, errorOf }: ServiceContext,
  attempt: Omit<ServiceAttempt, 'place'>,
  options: CallOptions | undefined,
  run: (call: WatchedCall) => Promise<T>,
): Promise<T> {
  const operation = operationOf(attempt);
  const end = startRequest(environment, { operation, place, ...blobOf(attempt) });
  let bytes = 0;
  const outcome = await settled(() =>
    withStallLimit(environment, options?.signal, ({ signal, progress }) =>
      run({
        signal,
        progress: (moved) => {
          bytes += moved;
          progress(moved);
        },
      }),
    ),
  );
  if ('value' in outcome) {
    end({ bytes });
    return outcome.value;
  }
  const isAborted = options?.signal?.aborted === true;
  const error = isAborted ? outcome.error : errorOf(outcome.error, { ...attempt, place });
  end({ bytes, error });
  throw error;
}

function blobOf({ blob }: Omit<ServiceAttempt, 'place'>): { readonly blob?: string } {
  return blob === undefined ? {} : { blob };
}

async function settled<T>(
  run: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
}

const OPERATIONS: Readonly<Record<Exclude<ServiceAttempt['verb'], 'open'>, StorageOperation>> = {
  read: 'get',
  'look up': 'getMetadata',
  list: 'list',
  write: 'put',
  lock: 'extendRetention',
  delete: 'delete',
};

/** Services are opened by reading a blob of a known name, or by listing. */
function operationOf({ verb, blob }: Omit<ServiceAttempt, 'place'>): StorageOperation {
  if (verb === 'open') return blob === undefined ? 'list' : 'get';
  return OPERATIONS[verb];
}

/** The first request to a service. Tried again for some seconds only: a host name that doesn't resolve should be said soon. */
export async function openingCall<T>(context: ServiceContext, run: () => Promise<T>): Promise<T> {
  return await retryTransient(run, { ...context.environment, deadlineMs: OPEN_DEADLINE_MS }, undefined);
}

const OPEN_DEADLINE_MS = 3_000;
