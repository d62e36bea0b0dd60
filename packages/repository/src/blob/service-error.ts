import { type ErrorDetail, RepositoryError, type RepositoryErrorCode } from '../errors.ts';
import { proxyRefusal } from './proxy-refusal.ts';
import { actionOf, type ServiceAttempt } from './service-attempt.ts';

/** What a service answered instead. */
export interface ServiceAnswer {
  /** HTTP status. */
  readonly status: number;
  /** The service's own name of the error; '' when it gave none. */
  readonly name: string;
  /** Its message, for people. */
  readonly message: string;
  readonly requestId?: string;
}

/** The coded form of an answer. `codes` is what names mean; other names are judged by their status. */
export function serviceError(
  answer: ServiceAnswer,
  attempt: ServiceAttempt,
  codes: Readonly<Record<string, Meaning>>,
  cause: unknown,
): RepositoryError {
  if (answer.status === 407) return proxyRefusal(answer.status, attempt, cause);
  const known = Object.hasOwn(codes, answer.name) ? codes[answer.name] : undefined;
  const { code, advice } = known ?? meaningOfStatus(answer.status, attempt);
  const said = [answer.name, answer.message].filter((text) => text !== '').join(': ');
  const reason = [advice, `the service said ${answer.status} ${said}`].filter(Boolean).join('; ').trim();
  return new RepositoryError(
    code,
    `cannot ${actionOf(attempt)}: ${reason}`,
    detailOf(answer, attempt),
    cause,
  );
}

/** What an answer means and what to do about it. */
export interface Meaning {
  readonly code: RepositoryErrorCode;
  readonly advice?: string;
}

function meaningOfStatus(status: number, attempt: ServiceAttempt): Meaning {
  if (status === 401 || status === 403) return { code: 'STORAGE_DENIED', advice: deniedAdvice(attempt) };
  if (status === 404)
    return {
      code: attempt.blob === undefined ? 'STORAGE_NOT_FOUND' : 'BLOB_NOT_FOUND',
      advice: 'there is none',
    };
  if (status === 501) return { code: 'STORAGE_UNSUPPORTED' };
  if (status === 507) return { code: 'STORAGE_FULL', advice: 'no space is left' };
  // Too early, too many, or in conflict with another request: all may pass.
  const passes = status === 408 || status === 409 || status === 425 || status === 429;
  return { code: status >= 300 && status < 500 && !passes ? 'STORAGE_UNSUPPORTED' : 'STORAGE_FAILED' };
}

function deniedAdvice({ verb }: ServiceAttempt): string {
  return `the credentials do not allow to ${verb === 'look up' || verb === 'open' ? 'read' : verb} there`;
}

function detailOf({ status, name, requestId }: ServiceAnswer, { blob }: ServiceAttempt): ErrorDetail {
  return {
    status,
    ...(name !== '' && { service: name }),
    ...(requestId !== undefined && { requestId }),
    ...(blob !== undefined && { blob }),
  };
}
