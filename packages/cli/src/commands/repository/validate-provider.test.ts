import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createRepositoryFor, openCli } from '../../testing/cli-process.ts';

const QUICK = ['repository', 'validate-provider', '--concurrency-test-duration=200ms'];

test('says what it tried, and leaves nothing behind', async () => {
  using cli = openCli();
  const env = await createRepositoryFor(cli);
  const before = readdirSync(cli.path('repository'), { recursive: true }).length;
  const text = await cli.mustRun(QUICK, { env });
  expect(text.trimEnd().split('\n')).toHaveLength(22);
  expect(text).toMatch(
    /^(?:pass {2}.*\n)+skip {2}a blob can be written with a lock: .* no object lock\npass {2}.*\n$/,
  );
  const report = await cli.json([...QUICK, '--json', '--num-storage-connections=1'], { env });
  expect(report).toMatchObject({ passed: true, storage: `filesystem ${cli.path('repository')}` });
  expect(report).toHaveProperty('checks.21', {
    expectation: 'blobs can be written, read, looked up and listed by several clients for a while',
    passed: true,
  });
  const left = readdirSync(cli.path('repository'), { recursive: true, encoding: 'utf8' });
  expect(left.filter((name) => /z[0-9a-f]{32}/.test(name))).toEqual([]);
  expect(left.length).toBeLessThanOrEqual(before + 3);
});

test('refuses where it may not write', async () => {
  using cli = openCli();
  const env = await createRepositoryFor(cli);
  await cli.mustRun(['repository', 'connect', 'filesystem', '--path=repository', '--readonly'], { env });
  const refused = await cli.run(QUICK, { env });
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/for reading only/);
});
