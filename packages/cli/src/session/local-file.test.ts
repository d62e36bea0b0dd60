import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { RepositoryError } from '@holdfast/repository';
import { expect, test } from 'vitest';
import { openCli } from '../testing/cli-process.ts';
import { writingTo } from './local-file.ts';

/** As `file.writev` rejects on a full disk. */
function fullDisk(): Error {
  const error = new Error('ENOSPC: no space left on device, write');
  return Object.assign(error, { errno: -28, code: 'ENOSPC', syscall: 'write' });
}

test('a full disk is told with the path and what to do', async () => {
  const writing = writingTo('/home/me/file', 'free some', () => Promise.reject(fullDisk()));
  await expect(writing).rejects.toMatchObject({
    code: 'FILE_NOT_WRITTEN',
    message: 'cannot write /home/me/file: no space is left there; free some',
  });
});

test('errors that say enough are left alone', async () => {
  const error = new RepositoryError('STORAGE_FULL', 'cannot write blob p1: no space is left');
  await expect(writingTo('/home/me/file', '', () => Promise.reject(error))).rejects.toBe(error);
});

test('a connection that cannot be kept is told with its file and the next step, and can be made later', async () => {
  using cli = openCli();
  const env = { HOLDFAST_PASSWORD: 'x' };
  writeFileSync(cli.path('.config'), 'no directory');
  const result = await cli.run(['repository', 'create', 'filesystem', '--path', 'r'], { env });
  expect(result.code).toBe(1);
  expect(result.stderr).toContain(`cannot write ${cli.path('.config/holdfast/repository.config')}`);
  expect(result.stderr).toMatch(/--config-file.*`holdfast repository connect`/);
  const connect = ['repository', 'connect', 'filesystem', '--path', 'r', '--config-file', './mine.config'];
  await cli.mustRun(connect, { env });
});

test('no embedded repository is made without its password on disk', async () => {
  using cli = openCli();
  mkdirSync(cli.path('.config'));
  symlinkSync('gone', cli.path('.config/holdfast'));
  const result = await cli.run(['snapshot', 'create', cli.directory]);
  expect(result.code).toBe(1);
  expect(result.stderr).toContain(`cannot write ${cli.path('.config/holdfast/embedded.kopia-password')}`);
  expect(existsSync(cli.path('.local/share/holdfast/repository/kopia.repository.f'))).toBe(false);
});
