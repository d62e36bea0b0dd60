/** Levels of what is told on standard error, the most talkative first; kopia's names. */
export const LOG_LEVELS = ['debug', 'info', 'warning', 'error'] as const;

/** One of them. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How much one run of the command tells on standard error, and how. The flags set it before the command starts. */
export class Verbosity {
  /** What is less important than this is not told. */
  level: LogLevel = 'info';
  /** Least time between two updates of the progress line. */
  progressIntervalMs = 150;
  /** Undefined for what the terminal can do. */
  colors: boolean | undefined;

  /** Whether messages of `level` are told. */
  tells(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(this.level);
  }
}
