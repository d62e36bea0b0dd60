import { repositoryErrorCode } from '@holdfast/repository';

import { uploaderErrorCode } from '../errors.ts';

const DAMAGE: ReadonlySet<string> = new Set([
  'BLOB_NOT_FOUND',
  'BLOB_RANGE_INVALID',
  'CONTENT_NOT_FOUND',
  'CONTENT_CORRUPT',
  'PACK_CORRUPT',
  'OBJECT_CORRUPT',
  'COMPRESSION_CORRUPT',
  'ECC_UNREPAIRABLE',
  'ID_INVALID',
  'DIRECTORY_CORRUPT',
]);

/** Whether an error means that what was asked for is lost, rather than out of reach for a while. */
export function isDamage(error: unknown): error is Error {
  const code = repositoryErrorCode(error) ?? uploaderErrorCode(error);
  return code !== undefined && DAMAGE.has(code);
}
