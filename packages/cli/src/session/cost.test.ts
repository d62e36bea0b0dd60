import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type CliProcess, createRepositoryFor, openCli } from '../testing/cli-process.ts';

async function costOf(cli: CliProcess, args: readonly string[], env: Record<string, string>) {
  const { stdout, stderr } = await cli.run([...args, '--json', '--cost'], { env });
  const { cost } = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '');
  return { stdout, cost };
}

test('tells as the last line on standard error what was asked of the storage', async () => {
  using cli = openCli();
  const env = await createRepositoryFor(cli);
  mkdirSync(cli.path('source'));
  writeFileSync(cli.path('source/file'), randomBytes(1_000_000));
  const created = await costOf(cli, ['snapshot', 'create', 'source'], env);
  const { id } = JSON.parse(created.stdout);
  expect(created.cost.requests.put).toBeGreaterThan(2);
  const { totalMs, maxMs } = created.cost.latency.put;
  expect(maxMs).toBeGreaterThan(0);
  expect(totalMs).toBeGreaterThanOrEqual(maxMs);
  expect(created.cost.latency.lock).toEqual({ totalMs: 0, maxMs: 0 });
  expect(created.cost.uploadedBytes).toBeGreaterThan(1_000_000);

  const { cost } = await costOf(cli, ['restore', id, 'target'], env);
  expect(cost).toMatchObject({ requests: { put: 0, delete: 0, lock: 0 }, uploadedBytes: 0 });
  // The index was brought here by the commands before.
  expect(cost.cacheHits).toBeGreaterThan(0);
  // The contents as well: worker threads read nothing by themselves.
  expect(cost.downloadedBytes).toBeGreaterThan(1_000_000);
  const text = await cli.mustRun(['snapshot', 'list', '--cost'], { env });
  expect(text).not.toContain('Cost:');
  const { stderr } = await cli.run(['--cost', 'snapshot', 'list'], { env });
  expect(stderr).toMatch(
    /^Cost: \d+ requests \(.*\d+ GET.*\).*; .*B down, 0 B up; \d+ cache hits? \(.*\)\n$/,
  );
});

test('tells it of a command that failed, and never unless it is asked', async () => {
  using cli = openCli();
  const env = { ...(await createRepositoryFor(cli)), HOLDFAST_PASSWORD: 'wrong' };
  const failed = await cli.run(['snapshot', 'list', '--cost'], { env });
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/\nCost: \d+ requests? .*\n$/);
  expect((await cli.run(['snapshot', 'list'], { env })).stderr).not.toContain('Cost');
});
