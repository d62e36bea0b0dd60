import { RepositoryError } from '../errors.ts';
import { networkError } from './network-error.ts';
import { proxyRefusal } from './proxy-refusal.ts';

/** The coded form of why there is no answer from `source`, who gives credentials: what `networkError` says, as no failure of the
 *  storage. Without the cause, which may hold the request and so a secret. Defects come as they are. */
export function unanswered(error: unknown, source: string): unknown {
  const failure = networkError(error, { verb: 'open', place: source });
  return failure instanceof RepositoryError ? ofCredentials(failure) : error;
}

/** What a service that gives credentials answered instead. */
export interface TokenRefusal {
  /** HTTP status. */
  readonly status: number;
  /** Its own name of the error; '' when it gave none. */
  readonly name: string;
  /** Its message in one line, without secrets; '' when it gave none. */
  readonly message: string;
}

/** The coded form of an answer of `source`: STORAGE_FAILED where it may pass, else STORAGE_DENIED. */
export function tokenRefusal({ status, name, message }: TokenRefusal, source: string): RepositoryError {
  if (status === 407) return ofCredentials(proxyRefusal(status, { verb: 'open', place: source }, undefined));
  const passes = status >= 500 || status === 408 || status === 429;
  const said = [name, message].filter((text) => text !== '').join(': ');
  return new RepositoryError(
    passes ? 'STORAGE_FAILED' : 'STORAGE_DENIED',
    `getting credentials failed: ${source} said ${status} ${said}`.trimEnd(),
    { status, ...(name !== '' && { service: name }) },
  );
}

function ofCredentials({ code, message, detail }: RepositoryError): RepositoryError {
  return new RepositoryError(code, `getting credentials failed: ${message}`, detail);
}
