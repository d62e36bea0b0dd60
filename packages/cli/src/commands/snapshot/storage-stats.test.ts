import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createRepositoryFor, openCli } from '../../testing/cli-process.ts';

/** The steps and numbers of kopia's own test. Source: kopia cli/command_snapshot_storage_stats_test.go. */
test('tells what each snapshot adds to those listed before it', async () => {
  using cli = openCli();
  await createRepositoryFor(cli);
  const write = (name: string, bytes: readonly number[]): void =>
    writeFileSync(cli.path(`source/${name}`), Uint8Array.from(bytes));
  mkdirSync(cli.path('source/subdir'), { recursive: true });
  write('file1.txt', [1, 2, 3, 4, 5]);
  write('file2.txt', [2, 3, 4, 5, 6]);
  write('subdir/file2.txt', [3, 4, 5, 6, 7]);
  await cli.mustRun(['snapshot', 'create', 'source']);
  write('subdir/file3.txt', [1, 2, 3, 4, 5]);
  write('subdir/file4.txt', [1, 2, 3, 4, 5, 6, 7, 8]);
  await cli.mustRun(['snapshot', 'create', 'source']);
  const list = ['snapshot', 'list', '--storage-stats'];
  const first = { fileObjects: 3, dirObjects: 2, contents: 5, objectBytes: 15, originalContentBytes: 15 };
  const second = { fileObjects: 1, dirObjects: 2, contents: 3, objectBytes: 8, originalContentBytes: 8 };
  const both = { fileObjects: 4, dirObjects: 4, contents: 8, objectBytes: 23, originalContentBytes: 23 };
  expect(await cli.json([...list, '--json'])).toMatchObject([
    { storageStats: { newData: first, runningTotal: first } },
    { storageStats: { newData: second, runningTotal: both } },
  ]);
  const newest = { fileObjects: 4, dirObjects: 2, contents: 6, objectBytes: 23, originalContentBytes: 23 };
  expect(await cli.json([...list, '--reverse', '--json'])).toMatchObject([
    { storageStats: { newData: newest, runningTotal: newest } },
    { storageStats: { newData: { fileObjects: 0, dirObjects: 2, objectBytes: 0 }, runningTotal: both } },
  ]);
  expect(await cli.mustRun(list)).toMatch(/ new-data:\d+ B new-files:1 new-dirs:2 compression:0% /);
});

test('counts lists of parts, and parts that files share once', async () => {
  using cli = openCli();
  const create = ['repository', 'create', 'filesystem', '--path=repository', '--object-splitter=FIXED-1M'];
  await cli.mustRun(create, { env: { HOLDFAST_PASSWORD: 'x' } });
  mkdirSync(cli.path('source'));
  const parts = [1, 2, 3, 4].map((fill) => Buffer.alloc(1 << 20, fill));
  writeFileSync(cli.path('source/all'), Buffer.concat(parts));
  writeFileSync(cli.path('source/some'), Buffer.concat(parts.slice(0, 2)));
  await cli.mustRun(['snapshot', 'create', 'source']);
  expect(await cli.json(['snapshot', 'list', '--storage-stats', '--json'])).toMatchObject([
    // Four parts, two lists of them, one directory.
    { storageStats: { newData: { fileObjects: 2, dirObjects: 1, contents: 7, objectBytes: 6 << 20 } } },
  ]);
});
