import { RepositoryError } from '../errors.ts';
import { networkError } from './network-error.ts';
import type { ServiceAttempt } from './service-attempt.ts';
import { type Meaning, serviceError } from './service-error.ts';

const SKEWED = "this machine's clock differs from the storage's by too much; set it right";
const WRONG_KEY = 'the account key or token is wrong or has expired';

/** What Azure's names of errors mean; the others are judged by their status. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ContainerNotFound: {
    code: 'STORAGE_NOT_FOUND',
    advice: 'there is no such container; make it or correct its name',
  },
  ContainerBeingDeleted: { code: 'STORAGE_NOT_FOUND', advice: 'the container is being deleted' },
  BlobNotFound: { code: 'BLOB_NOT_FOUND', advice: 'there is no such blob' },
  AuthenticationFailed: { code: 'STORAGE_DENIED', advice: WRONG_KEY },
  InvalidAuthenticationInfo: { code: 'STORAGE_DENIED', advice: WRONG_KEY },
  BlobImmutableDueToPolicy: { code: 'BLOB_LOCKED', advice: 'it is locked' },
  BlobArchived: { code: 'STORAGE_UNSUPPORTED', advice: 'it lies in an archive; restore it there first' },
  Md5Mismatch: { code: 'STORAGE_FAILED' },
  ServerBusy: { code: 'STORAGE_FAILED' },
};

/** The coded form of what the SDK threw; what is already coded, and defects, come as they are. */
export function azureError(error: unknown, attempt: ServiceAttempt): unknown {
  if (error instanceof RepositoryError || !(error instanceof Error)) return error;
  if (/^(?:CredentialUnavailable|Authentication|AggregateAuthentication)/.test(error.name))
    return new RepositoryError(
      'STORAGE_DENIED',
      `Azure gave no token for ${attempt.place}: ${error.message}`,
      {},
      error,
    );
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
  if (status === undefined) return networkError(error, attempt);
  const name = nameOf(error);
  const message = /^[^\n]*/.exec(error.message)?.[0] ?? '';
  // It names wrong clocks as wrong keys; only its details tell them apart.
  if (status === 403 && /Request date header too old/i.test(detailsOf(error)))
    return serviceError(
      { status, name, message },
      attempt,
      { [name]: { code: 'CLOCK_SKEW', advice: SKEWED } },
      error,
    );
  return serviceError({ status, name, message }, attempt, MEANINGS, error);
}

/** The SDK takes the name from the body of an answer; not all have one. */
function nameOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  const details: unknown = 'details' in error ? error.details : undefined;
  if (typeof details !== 'object' || details === null || !('errorCode' in details)) return '';
  return typeof details.errorCode === 'string' ? details.errorCode : '';
}

/** What the service said beside its message. */
function detailsOf(error: Error): string {
  return 'details' in error ? `${JSON.stringify(error.details)} ${error.message}` : error.message;
}
