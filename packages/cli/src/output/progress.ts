import type { CliContext } from '../context.ts';
import { durationText, speedText } from './units.ts';

/** How far something has come. */
export interface Progress {
  /** What was done, in words, the most important first. */
  readonly done: readonly string[];
  /** What speed and remaining time are computed from. */
  readonly bytes: number;
  /** 0 when nobody knows. */
  readonly expectedBytes: number;
}

/** One line of a terminal that is written again and again; nothing where progress is off. */
export class ProgressLine {
  readonly #context: CliContext;
  readonly #isOn: boolean;
  readonly #startMs: number;
  #shownMs = -Infinity;
  #isShown = false;

  constructor(context: CliContext, isOn: boolean) {
    this.#context = context;
    this.#isOn = isOn;
    this.#startMs = context.clock.nowMs();
  }

  /** Shows `progress`, unless it was shown a moment ago. */
  update(progress: Progress): void {
    const nowMs = this.#context.clock.nowMs();
    if (!this.#isOn || nowMs - this.#shownMs < this.#context.verbosity.progressIntervalMs) return;
    this.#shownMs = nowMs;
    const line = progressText(progress, nowMs - this.#startMs);
    // The last column stays empty: some terminals wrap after it.
    const { columns } = this.#context.terminal;
    // Some terminals don't know how wide they are, and say 0.
    this.#context.stderr.write(`\r${columns > 0 ? line.slice(0, columns - 1) : line}${CLEAR_REST}`);
    this.#isShown = true;
  }

  /** Removes the line, so that something else can be written. */
  clear(): void {
    if (this.#isShown) this.#context.stderr.write(`\r${CLEAR_REST}`);
    this.#isShown = false;
    this.#shownMs = -Infinity;
  }
}

const CLEAR_REST = '\x1b[K';

/** What the line says after `elapsedMs`. */
export function progressText({ done, bytes, expectedBytes }: Progress, elapsedMs: number): string {
  const bytesPerMs = bytes / Math.max(elapsedMs, 1);
  const parts = [...done, speedText(bytesPerMs * 1000)];
  // A tree that has grown since is not more than done.
  if (expectedBytes > bytes && bytes > 0) {
    parts.push(
      `${((100 * bytes) / expectedBytes).toFixed(0)}%`,
      `${durationText((expectedBytes - bytes) / bytesPerMs)} left`,
    );
  }
  return parts.join(', ');
}
