import type { CounterValues } from '../threads/counters.ts';

/** How far an upload has come; counts files that are no directories. */
export interface UploadProgress extends CounterValues {
  /** What the previous complete snapshot of the source held, or what was counted beside the upload; zero when there is none to go by. */
  readonly expectedFiles: number;
  readonly expectedBytes: number;
}
