import { RepositoryError } from '../errors.ts';
import { actionOf, type ServiceAttempt } from './service-attempt.ts';

/** Statuses below 500 that may pass by themselves: the proxy waited too long, or was asked too often. */
const PASSING: readonly number[] = [408, 425, 429];

/** The coded form of what a proxy answered instead of passing a request on: STORAGE_FAILED, which is tried again, where it may
 *  pass, else STORAGE_DENIED. */
export function proxyRefusal(status: number, attempt: ServiceAttempt, cause: unknown): RepositoryError {
  const passes = status >= 500 || PASSING.includes(status);
  const { blob } = attempt;
  return new RepositoryError(
    passes ? 'STORAGE_FAILED' : 'STORAGE_DENIED',
    `cannot ${actionOf(attempt)}: ${reasonOf(status)}`,
    { status, ...(blob !== undefined && { blob }) },
    cause,
  );
}

function reasonOf(status: number): string {
  return status === 407
    ? 'the proxy wants credentials (407); put them into its URL, such as HTTPS_PROXY=http://user:password@host:port'
    : `the proxy does not connect to it (${status})`;
}
