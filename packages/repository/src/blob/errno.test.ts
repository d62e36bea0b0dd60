import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { errnoName, storageError } from './errno.ts';

const attempt = { action: 'read blob p1', missing: 'BLOB_NOT_FOUND', blob: 'p1' } as const;
const systemError = (code: string, errno: number): Error =>
  Object.assign(new Error(`${code}: open '/secret/path'`), { code, errno, path: '/secret/path' });

it.each([
  ['ENOENT', 'BLOB_NOT_FOUND'],
  ['ENOSPC', 'STORAGE_FULL'],
  ['EACCES', 'STORAGE_DENIED'],
  ['EPERM', 'STORAGE_DENIED'],
  ['EROFS', 'STORAGE_READ_ONLY'],
  ['EIO', 'STORAGE_FAILED'],
  ['ESTALE', 'STORAGE_FAILED'],
])('codes %s as %s', (errno, code) => {
  const cause = systemError(errno, -1);
  const error = storageError(cause, attempt);
  expect(error).toMatchObject({ code, detail: { blob: 'p1', errno }, cause });
  expect(String(error)).toMatch(/^RepositoryError: cannot read blob p1: /);
  expect(String(error)).not.toContain('secret');
});

it('knows a full quota, for which Node has no name', () => {
  const error = systemError('Unknown system error -122', -constants.errno.EDQUOT);
  expect(storageError(error, attempt)).toMatchObject({ code: 'STORAGE_FULL', detail: { errno: 'EDQUOT' } });
});

it('leaves what is no system error as it is', () => {
  for (const other of [new Error('x'), 'reason', undefined, new DOMException('stop', 'AbortError')]) {
    expect(storageError(other, attempt)).toBe(other);
    expect(errnoName(other)).toBeUndefined();
  }
});
