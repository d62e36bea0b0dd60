import type { Clock } from '../clock.ts';
import { RepositoryError } from '../errors.ts';
import { afterCongestion, afterMeasurement, type Concurrency, INITIAL_CONCURRENCY } from './concurrency.ts';

/** Lets as many requests through at a time as the line and the service can use: more while that brings more bytes, half as
 *  many when the service says to slow down or does not answer in time. First come, first served. */
export class AdaptiveGate {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #state: Concurrency = INITIAL_CONCURRENCY;
  #running = 0;
  /** Grows with each cut: what was under way before is no reason for another. */
  #cuts = 0;
  #measurement: Measurement;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#measurement = startMeasurement(clock);
  }

  get limit(): number {
    return this.#state.limit;
  }

  /** Runs a request; `bytesOf` says how many bytes its result is. Rejects with the signal's reason when that is aborted
   *  while waiting. */
  async run<T>(
    request: () => Promise<T>,
    bytesOf: (result: T) => number,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    await this.#enter(signal);
    const cuts = this.#cuts;
    try {
      const result = await request();
      this.#measure(bytesOf(result));
      return result;
    } catch (error) {
      if (isCongestion(error) && cuts === this.#cuts) this.#cut();
      throw error;
    } finally {
      this.#running--;
      this.#admit();
    }
  }

  async #enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#running < this.#state.limit && this.#waiting.size === 0) {
      this.#running++;
      return;
    }
    this.#measurement.isHeldBack = true;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      this.#waiting.delete(resolve);
      reject(signal?.reason);
    };
    this.#waiting.add(resolve);
    signal?.addEventListener('abort', onAbort, { once: true });
    await promise.finally(() => signal?.removeEventListener('abort', onAbort));
  }

  /** Whoever waits is counted before it goes on, so that nobody gets in between. */
  #admit(): void {
    for (const next of this.#waiting) {
      if (this.#running >= this.#state.limit) return;
      this.#waiting.delete(next);
      this.#running++;
      next();
    }
  }

  #measure(bytes: number): void {
    const current = this.#measurement;
    current.bytes += bytes + REQUEST_WORTH;
    current.requests++;
    const ms = this.#clock.nowMs() - current.startMs;
    if (ms < SHORTEST_MS || current.requests < 2 * this.#state.limit) return;
    if (current.isHeldBack) this.#state = afterMeasurement(this.#state, (current.bytes / ms) * 1000);
    this.#measurement = startMeasurement(this.#clock);
    this.#measurement.isHeldBack = this.#waiting.size > 0;
  }

  #cut(): void {
    this.#cuts++;
    this.#state = afterCongestion(this.#state);
    this.#measurement = startMeasurement(this.#clock);
  }
}

/** Bytes that a request counts for beside its own: small ones are worth their answer, too. */
const REQUEST_WORTH = 64 << 10;
const SHORTEST_MS = 100;

interface Measurement {
  readonly startMs: number;
  bytes: number;
  requests: number;
  /** Somebody had to wait: the limit made a difference. */
  isHeldBack: boolean;
}

function startMeasurement(clock: Clock): Measurement {
  return { startMs: clock.nowMs(), bytes: 0, requests: 0, isHeldBack: false };
}

const CONGESTED_STATUS: ReadonlySet<unknown> = new Set([408, 429, 503, 504]);
/** Names that come with other statuses, too. */
const CONGESTED_NAME = /^(?:SlowDown|ServerBusy|RequestTimeout|OperationTimedOut|Throttl|TooManyRequests)/;

/** Whether an error means that fewer requests at a time would do better. */
export function isCongestion(error: unknown): boolean {
  if (!(error instanceof RepositoryError) || error.code !== 'STORAGE_FAILED') return false;
  const { status, service, stallMs, errno } = error.detail;
  if (stallMs !== undefined || errno === 'ETIMEDOUT' || CONGESTED_STATUS.has(status)) return true;
  return typeof service === 'string' && CONGESTED_NAME.test(service);
}
