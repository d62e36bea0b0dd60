/** Every way in which the command line itself fails on purpose. */
export type CliErrorCode =
  | 'USAGE'
  | 'NOT_CONNECTED'
  | 'PASSWORD_MISSING'
  | 'STORAGE_NOT_EMPTY'
  | 'NOTHING_TO_DO'
  | 'SOURCE_MISSING'
  | 'NOT_A_DIRECTORY'
  | 'INPUT_INVALID'
  | 'FILE_NOT_WRITTEN'
  | 'SNAPSHOT_FAILED'
  | 'VERIFICATION_FAILED';

/** The one error class of this package; `message` is shown as it is. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The command line itself is wrong: ends with 2. */
export function usageError(message: string, cause?: unknown): CliError {
  return new CliError('USAGE', message, cause);
}

/** What `parse` returns; what it throws is the fault of the command line. */
export function parseArgument<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw isCoded(error) ? usageError(error.message, error) : error;
  }
}

/** What a person sees of a failure: the message of a coded error (ours or the system's), for a defect also how to
 *  see where it is. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isCoded(error)) return error.message;
  return `internal error: ${error.message} (run it again with --log-level=debug to see where)`;
}

function isCoded(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
