/** Every way in which the command line itself fails on purpose. */
export type CliErrorCode = 'USAGE' | 'NOT_CONNECTED' | 'PASSWORD_MISSING';

/** The one error class of this package; `message` is shown as it is. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** What a person sees of a failure: the message of a coded error (ours or the system's), the stack of a defect. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && typeof error.code === 'string') return error.message;
  return `internal error: ${error.stack ?? error.message}`;
}
