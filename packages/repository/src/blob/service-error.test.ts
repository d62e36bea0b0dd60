import { S3ServiceException } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { azureError } from './azure-errors.ts';
import { gcsError } from './gcs-errors.ts';
import { s3Error } from './s3-errors.ts';
import type { ServiceAttempt } from './service-attempt.ts';
import { RepositoryError } from '../errors.ts';

const READ: ServiceAttempt = { verb: 'read', blob: 'p1', place: 'bucket b' };
const OPEN: ServiceAttempt = { verb: 'open', place: 'bucket b' };

function s3Answer(name: string, httpStatusCode: number): Error {
  return new S3ServiceException({ name, message: 'words', $fault: 'client', $metadata: { httpStatusCode } });
}

it.each([
  ['NoSuchKey', 404, 'BLOB_NOT_FOUND'],
  ['NotFound', 404, 'BLOB_NOT_FOUND'],
  ['NoSuchBucket', 404, 'STORAGE_NOT_FOUND'],
  ['NoSuchSomething', 404, 'STORAGE_NOT_FOUND'],
  ['AccessDenied', 403, 'STORAGE_DENIED'],
  ['InvalidAccessKeyId', 403, 'STORAGE_DENIED'],
  ['ExpiredToken', 400, 'STORAGE_DENIED'],
  ['RequestTimeTooSkewed', 403, 'CLOCK_SKEW'],
  ['SlowDown', 503, 'STORAGE_FAILED'],
  ['InternalError', 500, 'STORAGE_FAILED'],
  ['RequestTimeout', 400, 'STORAGE_FAILED'],
  ['BadDigest', 400, 'STORAGE_FAILED'],
  ['TooManyRequests', 429, 'STORAGE_FAILED'],
  ['QuotaExceeded', 403, 'STORAGE_FULL'],
  ['InsufficientStorage', 507, 'STORAGE_FULL'],
  ['InvalidObjectState', 403, 'STORAGE_UNSUPPORTED'],
  ['InvalidArgument', 400, 'STORAGE_UNSUPPORTED'],
  ['NotImplemented', 501, 'STORAGE_UNSUPPORTED'],
])('S3: %s (%i) is %s', (name, status, code) => {
  expect(s3Error(s3Answer(name, status), READ)).toMatchObject({ code, detail: { status, blob: 'p1' } });
});

it.each([
  ['BlobNotFound', 404, 'BLOB_NOT_FOUND'],
  ['ContainerNotFound', 404, 'STORAGE_NOT_FOUND'],
  ['AuthenticationFailed', 403, 'STORAGE_DENIED'],
  ['ServerBusy', 503, 'STORAGE_FAILED'],
])('Azure: %s (%i) is %s', (code, statusCode, expected) => {
  const error = Object.assign(new Error('words\nRequestId:1'), { code, statusCode });
  expect(azureError(error, READ)).toMatchObject({ code: expected });
  expect(azureError(error, READ)).toMatchObject({ message: expect.not.stringContaining('RequestId') });
});

it.each([
  [404, 'No such object: b/p1', 'BLOB_NOT_FOUND'],
  [404, 'The specified bucket does not exist.', 'STORAGE_NOT_FOUND'],
  [403, 'no', 'STORAGE_DENIED'],
  [503, 'later', 'STORAGE_FAILED'],
])('Google: %i %j is %s', (code, message, expected) => {
  expect(gcsError(Object.assign(new Error(message), { code }), READ)).toMatchObject({ code: expected });
});

it.each([
  ['ECONNREFUSED', 'STORAGE_FAILED', /nothing answers/],
  ['ENOTFOUND', 'STORAGE_FAILED', /name of the host is unknown/],
  ['ECONNRESET', 'STORAGE_FAILED', /connection broke/],
  ['CERT_HAS_EXPIRED', 'STORAGE_UNTRUSTED', /has expired/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'STORAGE_UNTRUSTED', /rootCA/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'STORAGE_UNTRUSTED', /another host name/],
])('%s is %s, for every service', (errno, code, message) => {
  const error = new Error('wrapped', { cause: Object.assign(new Error('words'), { code: errno }) });
  for (const errorOf of [s3Error, azureError, gcsError])
    expect(errorOf(error, OPEN)).toMatchObject({ code, message: expect.stringMatching(message) });
});

it('a file that cannot be read is no connection that broke, for every service', () => {
  const unreadable = Object.assign(new Error('words'), {
    code: 'ENOENT',
    syscall: 'open',
    path: '/the/token',
  });
  for (const errorOf of [s3Error, azureError, gcsError])
    expect(errorOf(new Error('wrapped', { cause: unreadable }), OPEN)).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/\/the\/token.*cannot be read \(ENOENT\)/),
    });
});

it('lets defects and coded errors pass', () => {
  const coded = new RepositoryError('BLOB_RANGE_INVALID', 'words');
  for (const error of [
    new TypeError('words'),
    Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' }),
    coded,
  ])
    for (const errorOf of [s3Error, azureError, gcsError]) expect(errorOf(error, READ)).toBe(error);
});

it('Azure: a clock that is wrong is not taken for a wrong key', () => {
  const answer = { statusCode: 403, code: 'AuthenticationFailed' };
  const details = {
    authenticationErrorDetail: "Request date header too old: 'Sat, 01 Jan 2000 00:00:00 GMT'",
  };
  const skewed = Object.assign(new Error('Server failed to authenticate the request.'), {
    ...answer,
    details,
  });
  expect(azureError(skewed, READ)).toMatchObject({ code: 'CLOCK_SKEW' });
  const wrongKey = Object.assign(new Error('Server failed to authenticate the request.'), answer);
  expect(azureError(wrongKey, READ)).toMatchObject({ code: 'STORAGE_DENIED' });
});

it('what is no answer of the service is told in one line', () => {
  const said =
    '@aws-sdk XML parse error: unexpected content.\n  Deserialization error: to see the raw response, inspect it';
  const s3 = Object.assign(new Error(said), { $response: { statusCode: 400 } });
  expect(s3Error(s3, OPEN)).toMatchObject({
    message: 'cannot open bucket b: the service said 400 with something that is no answer of its kind',
  });
  const list =
    'Multiple errors occurred during the request. Please see it.\n\n    1. Forbidden\n    2. <html>\n';
  expect(gcsError(Object.assign(new Error(list), { code: 403, errors: [] }), OPEN)).toMatchObject({
    message: expect.stringMatching(/the service said 403 Forbidden$/),
  });
});

it('Google: a digest that does not fit may fit when it is sent again', () => {
  const errors = [
    { reason: 'invalid', message: 'Provided MD5 hash "a" doesn\'t match calculated MD5 hash "b".' },
  ];
  expect(gcsError(Object.assign(new Error('words'), { code: 400, errors }), READ)).toMatchObject({
    code: 'STORAGE_FAILED',
  });
});

it('Google: of several errors the first is told; what the bucket lacks is the bucket', () => {
  const errors = [{ reason: 'notFound', message: 'Not Found' }];
  const error = Object.assign(new Error('Multiple errors occurred'), { code: 404, errors });
  expect(gcsError(error, OPEN)).toMatchObject({
    code: 'STORAGE_NOT_FOUND',
    message: expect.stringMatching(/no such bucket.*Not Found/),
  });
  expect(gcsError(error, READ)).toMatchObject({ code: 'BLOB_NOT_FOUND' });
});
