import { S3ServiceException } from '@aws-sdk/client-s3';
import { networkError } from './network-error.ts';
import {
  credentialsError,
  isTokenServiceAnswer,
  noCredentials,
  UNNAMED_TOKEN_SERVICE,
} from './s3-credentials-error.ts';
import { saidMessage, saidName } from './s3-message.ts';
import type { ServiceAttempt } from './service-attempt.ts';
import { type Meaning, serviceError } from './service-error.ts';
import { RepositoryError } from '../errors.ts';

const WRONG_KEY = 'the access key is unknown or its secret is wrong';
const EXPIRED = 'the session token has expired; get a new one and connect again';
const SKEWED = "this machine's clock differs from the storage's by too much; set it right";
const NO_LOCK = 'the bucket was made without object lock';

/** What S3's names of errors mean; the others are judged by their status. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  NoSuchBucket: { code: 'STORAGE_NOT_FOUND', advice: 'there is no such bucket; make it or correct its name' },
  NoSuchKey: { code: 'BLOB_NOT_FOUND', advice: 'there is no such blob' },
  NoSuchVersion: { code: 'BLOB_NOT_FOUND', advice: 'there is no such version of it' },
  InvalidAccessKeyId: { code: 'STORAGE_DENIED', advice: WRONG_KEY },
  XAdminUserNotFound: { code: 'STORAGE_DENIED', advice: WRONG_KEY },
  SignatureDoesNotMatch: { code: 'STORAGE_DENIED', advice: WRONG_KEY },
  InvalidToken: { code: 'STORAGE_DENIED', advice: 'the session token is wrong' },
  ExpiredToken: { code: 'STORAGE_DENIED', advice: EXPIRED },
  ExpiredTokenException: { code: 'STORAGE_DENIED', advice: EXPIRED },
  TokenRefreshRequired: { code: 'STORAGE_DENIED', advice: EXPIRED },
  RequestTimeTooSkewed: { code: 'CLOCK_SKEW', advice: SKEWED },
  RequestExpired: { code: 'CLOCK_SKEW', advice: SKEWED },
  InvalidObjectState: {
    code: 'STORAGE_UNSUPPORTED',
    advice: 'it lies in an archive; restore it there, and use storage classes that can be read at once',
  },
  // Of services that don't hide a locked object when it is deleted.
  ObjectLocked: { code: 'BLOB_LOCKED', advice: 'it is locked' },
  QuotaExceeded: { code: 'STORAGE_FULL', advice: 'the quota of the bucket is used up' },
  XMinioStorageFull: { code: 'STORAGE_FULL', advice: 'no space is left' },
  ObjectLockConfigurationNotFoundError: { code: 'STORAGE_UNSUPPORTED', advice: NO_LOCK },
  InvalidBucketObjectLockConfiguration: { code: 'STORAGE_UNSUPPORTED', advice: NO_LOCK },
  ...Object.fromEntries(
    [
      'SlowDown',
      'RequestTimeout',
      'InternalError',
      'IncompleteBody',
      'BadDigest',
      'XAmzContentSHA256Mismatch',
      'OperationAborted',
    ].map((name) => [name, { code: 'STORAGE_FAILED' } as const]),
  ),
};

/** The coded form of what the SDK threw; what is already coded, and defects, come as they are. */
export function s3Error(error: unknown, attempt: ServiceAttempt): unknown {
  if (error instanceof RepositoryError) return error;
  if (!(error instanceof Error)) return error;
  if (error.name === 'CredentialsProviderError') return noCredentials(error, attempt);
  if (!(error instanceof S3ServiceException) && isTokenServiceAnswer(error))
    return credentialsError(error, UNNAMED_TOKEN_SERVICE);
  const status = statusOf(error);
  if (status === undefined) return networkError(error, attempt);
  const { requestId } = error instanceof S3ServiceException ? error.$metadata : {};
  const name = saidName(error);
  return serviceError(
    {
      status,
      name,
      message: error.message === name ? '' : saidMessage(error),
      ...(requestId !== undefined && { requestId }),
    },
    attempt,
    // A blob must not be taken for missing because something else is.
    status === 404 && name !== '' ? { [name]: { code: 'STORAGE_NOT_FOUND' }, ...MEANINGS } : MEANINGS,
    error,
  );
}

/** The status of the answer that `error` stands for; undefined when none came. Answers that aren't XML have it only in
 *  `$response`. */
function statusOf(error: Error): number | undefined {
  if (error instanceof S3ServiceException) {
    const status = error.$metadata.httpStatusCode ?? error.$response?.statusCode;
    if (status !== undefined) return status;
  }
  const response: unknown = '$response' in error ? error.$response : undefined;
  if (typeof response !== 'object' || response === null || !('statusCode' in response)) return undefined;
  return typeof response.statusCode === 'number' ? response.statusCode : undefined;
}
