import { readFile } from 'node:fs/promises';
import { RepositoryError } from '../errors.ts';
import { networkError } from './network-error.ts';

/** Of the SDK's own chain, which doesn't say whom it asked. */
export const UNNAMED_TOKEN_SERVICE = 'the token service (STS)';

/** The coded form of why `source` gave no credentials: STORAGE_FAILED where it may pass, else STORAGE_DENIED; what is already
 *  coded, and defects, come as they are. */
export function credentialsError(error: unknown, source: string): unknown {
  if (error instanceof RepositoryError || !(error instanceof Error)) return error;
  const status = statusOf(error);
  if (status === undefined) return unanswered(error, source);
  const passes = status >= 500 || status === 429;
  // Below the first line some services repeat what was signed, tokens too: the error itself is not kept as the cause either.
  const said = `${error.name}: ${error.message}`.split('\n')[0]?.slice(0, 300) ?? '';
  return new RepositoryError(
    passes ? 'STORAGE_FAILED' : 'STORAGE_DENIED',
    `getting credentials failed: ${source} said ${status} ${said}`,
    { status, service: error.name },
  );
}

/** Whether it is the answer of a token service that the SDK's own chain of credentials asked. */
export function isTokenServiceAnswer(error: Error): boolean {
  return '$fault' in error && statusOf(error) !== undefined;
}

/** A token that another program renews. Throws CONFIG_INVALID when it can't be read. */
export async function readTokenFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const message = `getting credentials failed: the web identity token cannot be read from ${path}`;
    throw new RepositoryError('CONFIG_INVALID', message, { path }, error);
  }
}

function unanswered(error: Error, source: string): unknown {
  const failure = networkError(error, { verb: 'open', place: source });
  if (!(failure instanceof RepositoryError)) return error;
  const message = `getting credentials failed: ${failure.message}`;
  return new RepositoryError(failure.code, message, failure.detail, error);
}

function statusOf(error: Error): number | undefined {
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
