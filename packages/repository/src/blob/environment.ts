import { type Clock, systemClock } from '../clock.ts';
import type { StorageMeter } from './metrics.ts';
import type { StorageTracer } from './request-watch.ts';
import type { Throttle } from './throttle.ts';

/** What a storage across a network learns of its process. */
export interface StorageEnvironment {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Environment variables: proxies and credentials. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes what somebody should know although nothing failed. */
  readonly warn: (message: string) => void;
  /** A request in which nothing moves for so long has failed. */
  readonly stallMs: number;
  /** Counts every request that goes out: each attempt, each page of a listing. A directory then isn't local files, so that its
   *  reads are counted too. */
  readonly meter?: StorageMeter;
  /** Told of the start and the end of every such request, as the meter is. */
  readonly tracer?: StorageTracer;
  /** Limits instead of those of the storage's own configuration; they can change at any time. A directory then isn't local files
   *  either. */
  readonly throttle?: Throttle;
}

/** That of this process; warnings are Node's process warnings. */
export const processEnvironment: StorageEnvironment = {
  clock: systemClock,
  random: Math.random,
  env: process.env,
  warn: (message) => process.emitWarning(message, 'StorageWarning'),
  stallMs: 60_000,
};
