import { RepositoryError } from '../errors.ts';
import { networkError } from './network-error.ts';
import type { ServiceAttempt } from './service-attempt.ts';
import { type Meaning, serviceError } from './service-error.ts';

/** Google names few errors: the status decides. The first two names are ours. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  noBucket: {
    code: 'STORAGE_NOT_FOUND',
    advice: 'there is no such bucket; make it or correct its name',
  },
  damaged: { code: 'STORAGE_FAILED', advice: 'it was damaged on the way' },
  keyNotFound: { code: 'STORAGE_DENIED', advice: 'the key of the service account is wrong' },
  retentionPolicyNotMet: { code: 'BLOB_LOCKED', advice: 'it is locked' },
  quotaExceeded: { code: 'STORAGE_FULL', advice: 'the quota of the project is used up' },
};

/** The coded form of what the SDK threw; what is already coded, and defects, come as they are. */
export function gcsError(error: unknown, attempt: ServiceAttempt): unknown {
  if (error instanceof RepositoryError || !(error instanceof Error)) return error;
  const first = firstOf(error);
  const message = plainMessage(first.message ?? error.message);
  if (/could not load the default credentials|invalid_grant|unable to detect a project/i.test(message))
    return new RepositoryError(
      'STORAGE_DENIED',
      `Google gave no token for ${attempt.place}: ${message}`,
      {},
      error,
    );
  if ('code' in error && typeof error.code === 'string' && error.code.startsWith('ERR_OSSL'))
    return new RepositoryError('STORAGE_DENIED', 'the private key of the Google credentials cannot be used');
  const status = 'code' in error ? Number(error.code) : Number.NaN;
  if (!Number.isInteger(status) || status < 100) return networkError(error, attempt);
  const name = ourName(status, message, attempt) ?? first.reason ?? '';
  return serviceError({ status, name, message }, attempt, MEANINGS, error);
}

function ourName(status: number, message: string, { blob }: ServiceAttempt): string | undefined {
  if (status === 400 && /doesn't match calculated/i.test(message)) return 'damaged';
  // What is asked of the bucket as a whole names nothing else that could be missing.
  const isBucket = blob === undefined || /bucket does not exist|^no such bucket/i.test(message);
  return status === 404 && isBucket ? 'noBucket' : undefined;
}

/** The first of the errors that Google lists; where there are several, the SDK's own message says no more than that. */
function firstOf(error: Error): { readonly reason?: string; readonly message?: string } {
  const first: unknown = 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : undefined;
  if (typeof first !== 'object' || first === null) return {};
  return {
    ...('reason' in first && typeof first.reason === 'string' && { reason: first.reason }),
    ...('message' in first && typeof first.message === 'string' && { message: first.message }),
  };
}

/** Of a body that came as an answer, only what is meant for people; of the SDK's list of errors the first. */
function plainMessage(text: string): string {
  const said = /"message":\s*"([^"]*)"/.exec(text) ?? /^ +1\. (.+)$/m.exec(text);
  return (said?.[1] ?? text).split('\n')[0]?.slice(0, 300) ?? '';
}
