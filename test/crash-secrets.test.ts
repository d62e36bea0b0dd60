import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type CliProcess, openCli } from '../packages/cli/src/testing/cli-process.ts';
import { expectNone, otherFiles, show, type Shown } from './support/shown.ts';

const ENV = {
  HOLDFAST_PASSWORD: 'needle-password-57d1',
  AWS_SECRET_ACCESS_KEY: 'needle-secret-key-88aa',
  AWS_SESSION_TOKEN: 'needle-session-token-91c3',
};
const SECRETS = Object.values(ENV);
const CRASH = { NODE_OPTIONS: `--import=${new URL('support/crash.js', import.meta.url).href}` };

/** A command that is crashed in the middle, with a repository in its directory. */
async function crash(cli: CliProcess, args: readonly string[], reportTo?: string): Promise<Shown> {
  mkdirSync(cli.path('source'));
  writeFileSync(cli.path('source/file'), 'text');
  const create = ['repository', 'create', 'filesystem', '--path', 'repository'];
  expect(await show(cli, create, ENV)).toMatchObject({ code: 0 });
  const env = { ...ENV, ...CRASH, ...(reportTo !== undefined && { CRASH_REPORT_TO: reportTo }) };
  return await show(cli, args, env);
}

test.each([[[]], [['--log-level=debug']]])('a crash shows no secret with %j', async (flags) => {
  using cli = openCli();
  const { code, text } = await crash(cli, ['snapshot', 'create', 'source', ...flags]);
  expect(code).toBe(1);
  expect(text).toMatch(/^holdfast: internal error: a response came twice/m);
  expect(/^ +at .*crash\.js/m.test(text)).toBe(flags.length > 0);
  expectNone(text, SECRETS);
  expectNone(otherFiles(cli.directory), SECRETS);
});

test('a report that Node writes holds no secret', async () => {
  using cli = openCli();
  const report = cli.path('report.json');
  await crash(cli, ['repository', 'status'], report);
  expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ header: { trigger: 'API' } });
  expectNone(otherFiles(cli.directory), SECRETS);
});
