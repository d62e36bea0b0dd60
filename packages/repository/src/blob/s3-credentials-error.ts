import { readFile } from 'node:fs/promises';
import { RepositoryError } from '../errors.ts';
import { saidMessage, saidName } from './s3-message.ts';
import type { ServiceAttempt } from './service-attempt.ts';
import { tokenRefusal, unanswered } from './token-service.ts';

/** Of the SDK's own chain, which doesn't say whom it asked. */
export const UNNAMED_TOKEN_SERVICE = 'the token service (STS)';

/** The coded form of why `source` gave no credentials: STORAGE_FAILED where it may pass, else STORAGE_DENIED; what is already
 *  coded, and defects, come as they are. */
export function credentialsError(error: unknown, source: string): unknown {
  if (error instanceof RepositoryError || !(error instanceof Error)) return error;
  const status = statusOf(error);
  if (status === undefined) return unanswered(error, source);
  // Below the first line some services repeat what was signed, tokens too: the error itself is not kept as the cause either.
  return tokenRefusal({ status, name: saidName(error), message: saidMessage(error) }, source);
}

const HOW_TO_GIVE =
  'give an access key to the connection, $AWS_ACCESS_KEY_ID and $AWS_SECRET_ACCESS_KEY, or the name of a profile that has one ($AWS_PROFILE)';

/** STORAGE_DENIED for what the SDK's own chain says when it has come to its end, or to a session that a person has to renew. */
export function noCredentials(error: Error, { place }: ServiceAttempt): RepositoryError {
  const isEnd = error.message === 'Could not load credentials from any providers';
  const reason = isEnd ? HOW_TO_GIVE : (error.message.split('\n')[0] ?? '');
  return new RepositoryError(
    'STORAGE_DENIED',
    `no credentials were found for ${place}: ${reason}`,
    {},
    error,
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

function statusOf(error: Error): number | undefined {
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
