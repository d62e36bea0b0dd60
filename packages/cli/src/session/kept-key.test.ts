import { existsSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type CliProcess, openCli } from '../testing/cli-process.ts';

const KEY = '.config/holdfast/repository.config.holdfast-key';
const PLACE = ['filesystem', '--path', 'repository'];
const ENV = { HOLDFAST_PASSWORD: 'correct horse' };

/** When the key was last derived by a command that had none that fits: it writes what it derived. */
function keptAt(cli: CliProcess): bigint {
  return statSync(cli.path(KEY), { bigint: true }).mtimeNs;
}

describe('the key of a kept password', () => {
  test.each([
    ['create', []],
    ['create', ['--format-block-key-derivation-algorithm=pbkdf2-sha256-600000']],
    ['connect', []],
  ] as const)('is there after `repository %s` with %j already', async (command, flags) => {
    using cli = openCli();
    if (command === 'connect')
      await cli.mustRun(['repository', 'create', ...PLACE, '--create-only'], { env: ENV });
    expect(existsSync(cli.path(KEY))).toBe(false);
    await cli.mustRun(['repository', command, ...PLACE, ...flags], { env: ENV });
    const kept = keptAt(cli);
    await cli.mustRun(['snapshot', 'list']);
    expect(keptAt(cli)).toBe(kept);
    writeFileSync(cli.path(KEY), 'another');
    await cli.mustRun(['snapshot', 'list']);
    expect(keptAt(cli)).toBeGreaterThan(kept);
    expect(statSync(cli.path(KEY)).size).toBeGreaterThan(50);
  });

  test('goes to the place of the one before it', async () => {
    using cli = openCli();
    await cli.mustRun(['repository', 'create', ...PLACE], { env: ENV });
    const other = { HOLDFAST_PASSWORD: 'another horse' };
    await cli.mustRun(['repository', 'create', 'filesystem', '--path', 'other'], { env: other });
    const kept = keptAt(cli);
    await cli.mustRun(['snapshot', 'list']);
    expect(keptAt(cli)).toBe(kept);
  });

  test('is that of the new one after `repository change-password`', async () => {
    using cli = openCli();
    await cli.mustRun(['repository', 'create', ...PLACE], { env: ENV });
    await cli.mustRun(['repository', 'change-password'], { env: { HOLDFAST_NEW_PASSWORD: 'another horse' } });
    const kept = keptAt(cli);
    await cli.mustRun(['snapshot', 'list']);
    expect(keptAt(cli)).toBe(kept);
  });

  test.each(['create', 'connect'])(
    'is not kept by `repository %s` when the password is not',
    async (command) => {
      using cli = openCli();
      if (command === 'connect') await cli.mustRun(['repository', 'create', ...PLACE], { env: ENV });
      await cli.mustRun(['--no-persist-credentials', 'repository', command, ...PLACE], { env: ENV });
      await cli.mustRun(['snapshot', 'list'], { env: ENV });
      expect(existsSync(cli.path(KEY))).toBe(false);
    },
  );
});
