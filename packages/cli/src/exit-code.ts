/** What a `holdfast` process ends with; scripts rely on it. */
export const exitCode = {
  ok: 0,
  /** Nothing was done, a verification failed, or a snapshot was stopped at a failure as asked. */
  error: 1,
  /** The command line alone is wrong, whatever the repository and the files that it names hold. */
  usage: 2,
  /** A snapshot was saved or a restore finished, but some files failed. */
  incomplete: 3,
  interrupted: 130,
} as const;

/** One of the values of `exitCode`. */
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
