import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type CliProcess, createRepositoryFor, openCli } from '../../testing/cli-process.ts';

const READ_ALL = ['snapshot', 'verify', '--verify-files-percent=100', '--json'];

test('verifies what is named: directories and files by their IDs, or a path below', async () => {
  using cli = await cliWithTree();
  const { id, rootEntry } = Object(await cli.json(['snapshot', 'create', 'source', '--json']));
  const entries = Object(await cli.json(['ls', '-r', '--json', id]));
  const objectOf = (path: string): string =>
    entries.find((entry: { readonly path: string }) => entry.path === path).obj;
  const statsOf = async (...flags: readonly string[]): Promise<unknown> =>
    Object(await cli.json([...READ_ALL, ...flags])).stats;
  expect(await statsOf('--file-id', objectOf('a'))).toMatchObject({
    processedObjectCount: 1,
    readFileCount: 1,
    readBytes: 1000,
  });
  expect(await statsOf('--directory-id', objectOf('sub'))).toMatchObject({
    processedObjectCount: 3,
    readFileCount: 2,
  });
  const both = ['--directory-id', `${rootEntry.obj}/sub`, '--file-id', `${id}/a`];
  expect(await statsOf(...both, '--file-parallelism=2', '--file-queue-length=10')).toMatchObject({
    processedObjectCount: 4,
    readFileCount: 3,
  });
  expect(await cli.run([...READ_ALL, '--directory-id', objectOf('a')])).toMatchObject({
    code: 1,
    stdout: '',
  });
  const all = await cli.run([...READ_ALL, '--all-sources']);
  expect(all).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/warning: --all-sources has no effect/),
  });
});

test('stops after as many errors as it is told', async () => {
  using cli = openCli();
  await createRepositoryFor(cli);
  const missing = ['aa', 'bb', 'cc'].flatMap((byte) => ['--file-id', byte.repeat(16)]);
  const verify = ['snapshot', 'verify', '--json', ...missing];
  for (const [flags, errorCount] of [
    [[], 3],
    [['--max-errors=0'], 3],
    [['--max-errors', '-1', '--file-parallelism=0'], 3],
    [['--max-errors=2'], 2],
  ] as const) {
    const { code, stdout, stderr } = await cli.run([...verify, ...flags]);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 1, errorCount });
    expect(stderr.includes('there may be more')).toBe(errorCount === 2);
  }
});

async function cliWithTree(): Promise<CliProcess> {
  const cli = openCli();
  await createRepositoryFor(cli);
  mkdirSync(cli.path('source/sub'), { recursive: true });
  for (const [name, letter] of Object.entries({ a: 'a', 'sub/b': 'b', 'sub/c': 'c' }))
    writeFileSync(cli.path(`source/${name}`), letter.repeat(1000));
  return cli;
}
