/* How many requests to have under way, learnt from what they bring. Pure: `adaptive-gate.ts` measures and obeys. */

/** What is known about a line to a storage; plain data. */
export interface Concurrency {
  /** Requests at a time. */
  readonly limit: number;
  /** The limit to go back to when the last raise brings nothing; `limit` itself when that is no trial. */
  readonly settled: number;
  /** Bytes a second at `settled`; undefined when nothing is known. */
  readonly rate: number | undefined;
  /** Measurements since the last change. */
  readonly calm: number;
}

/** Where every line starts. */
export const INITIAL_CONCURRENCY: Concurrency = { limit: 8, settled: 8, rate: undefined, calm: 0 };

/** Connections that a client keeps to one service. */
export const MAX_CONCURRENCY = 64;

/** A raise that brings less than this is taken back: the line, or the service, has no more to give. */
const WORTHWHILE = 1.1;
/** Measurements after which a higher limit is tried again. */
const CALM = 16;

/** After a while in which the limit held requests back and `rate` bytes a second came: raised as long as that helps. */
export function afterMeasurement(state: Concurrency, rate: number): Concurrency {
  const { limit, settled, calm } = state;
  const isTrial = limit > settled;
  if (isTrial && rate < (state.rate ?? 0) * WORTHWHILE) return { ...state, limit: settled, calm: 0 };
  if (isTrial || state.rate === undefined || calm >= CALM) return raised(limit, rate);
  return { limit, settled, rate, calm: calm + 1 };
}

/** After the service asked for less, or did not answer in time: half, and no raise for a while. */
export function afterCongestion({ settled }: Concurrency): Concurrency {
  const limit = Math.max(1, settled >> 1);
  return { limit, settled: limit, rate: 0, calm: 0 };
}

function raised(from: number, rate: number): Concurrency {
  const limit = Math.min(MAX_CONCURRENCY, from + Math.max(1, from >> 2));
  return { limit, settled: from, rate, calm: 0 };
}
