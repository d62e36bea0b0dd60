import { GetObjectLockConfigurationCommand } from '@aws-sdk/client-s3';
import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import { request, type S3Bucket } from './s3-bucket.ts';

const NO_LOCK = 'the bucket was made without object lock: use one that has it, or no retention';

/** Runs a request that locks a blob. Where the service calls it invalid and no more, says whether that is for want of object
 *  lock (STORAGE_UNSUPPORTED). */
export async function lockingRequest<T>(bucket: S3Bucket, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!isCalledInvalid(error) || !(await lacksLock(bucket))) throw error;
    throw new RepositoryError('STORAGE_UNSUPPORTED', `${error.message}; ${NO_LOCK}`, error.detail, error);
  }
}

function isCalledInvalid(error: unknown): error is RepositoryError {
  return error instanceof RepositoryError && error.detail['service'] === 'InvalidRequest';
}

/** Whether the bucket says so; who may not ask, or asks in vain, knows no more than before. */
async function lacksLock(bucket: S3Bucket): Promise<boolean> {
  const command = new GetObjectLockConfigurationCommand({ Bucket: bucket.name });
  try {
    const { ObjectLockConfiguration } = await request(bucket, { verb: 'look up' }, undefined, ({ sdk }) =>
      bucket.client.send(command, sdk),
    );
    return ObjectLockConfiguration?.ObjectLockEnabled !== 'Enabled';
  } catch (error) {
    return repositoryErrorCode(error) === 'STORAGE_UNSUPPORTED' && isAboutLock(error);
  }
}

function isAboutLock(error: unknown): boolean {
  return error instanceof RepositoryError && /ObjectLock/.test(String(error.detail['service']));
}
