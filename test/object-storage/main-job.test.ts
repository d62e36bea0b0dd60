import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliProcess, openCli } from '../../packages/cli/src/testing/cli-process.ts';
import type { Cloud } from '../rigs/cloud.ts';
import { ALL_CLOUDS } from '../rigs/clouds.ts';
import { findRig, titleForRig } from '../rigs/installed.ts';
import { compareDirectories } from '../support/compare-directories.ts';

/** What of the JSON of snapshots is looked at. */
interface Listed {
  readonly id: string;
  readonly stats: { readonly cachedFiles: number; readonly nonCachedFiles: number };
}

const FOLDERS = 7;
const SMALL_FILES = 60;
const LARGE_BYTES = 40 << 20;

describe.for(ALL_CLOUDS)('%s', ([name, start]) => {
  describe.skipIf(findRig(name) === undefined)(titleForRig(name, 'the whole life of a repository'), () => {
    let cloud: Cloud;
    beforeAll(async () => {
      cloud = await start();
      await cloud.createBucket('backups');
    });
    afterAll(() => cloud.stop());

    it('is made, filled, verified, restored and maintained by commands', async () => {
      using cli = openCli();
      const place = cloud.holdfast('backups', 'life/');
      const env = { HOLDFAST_PASSWORD: 'correct horse', ...place.env };
      const run = (...args: string[]): Promise<string> => mustRunQuietly(cli, args, env);
      const save = async (): Promise<string> =>
        JSON.parse(await run('snapshot', 'create', 'source', '--json')).id;

      writeTree(cli.path('source'));
      await run('repository', 'create', ...place.args);
      const first = await save();
      execFileSync('cp', ['-a', cli.path('source'), cli.path('as it was')]);
      changeTree(cli.path('source'));
      const second = await save();
      const listed: readonly Listed[] = JSON.parse(await run('snapshot', 'list', '--json'));
      expect(listed.map(({ id, stats }) => [id, stats.cachedFiles, stats.nonCachedFiles])).toEqual([
        [first, 0, SMALL_FILES + 1],
        [second, SMALL_FILES - 2, 2],
      ]);

      await expectVerified(cli, env, /Verified 2 snapshots: \d+ objects, 64 files read/);
      for (const [id, tree] of [
        [first, 'as it was'],
        [second, 'source'],
      ] as const) {
        await run('restore', id, id);
        expect(compareDirectories(cli.path(tree), cli.path(id))).toEqual([]);
      }

      await run('snapshot', 'delete', first, '--delete');
      const kept = await save();
      const before = await storedBytes(cli, env);
      await run('maintenance', 'run', '--full', '--safety=none');
      expect(await storedBytes(cli, env)).toBeLessThan(before - LARGE_BYTES / 4);

      // Somebody who has nothing but the bucket and the password.
      using other = openCli();
      await other.mustRun(['repository', 'connect', ...place.args], { env });
      await expectVerified(other, env, /Verified 2 snapshots: \d+ objects, 61 files read/);
      for (const id of [second, kept]) {
        await mustRunQuietly(other, ['restore', id, id], env);
        expect(compareDirectories(cli.path('source'), other.path(id))).toEqual([]);
      }
      const gone = await other.run(['restore', first, 'gone'], { env });
      expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining(first) });
    });
  });
});

/** More than one pack, and something of each kind. */
function writeTree(root: string): void {
  for (let i = 0; i < SMALL_FILES; i++) {
    const folder = `${root}/folder ${i % FOLDERS}`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/file ${i}`, Buffer.alloc(i * 997, `${i}`));
    utimesSync(`${folder}/file ${i}`, 1000 + i, 1000.25 + i);
  }
  writeFileSync(`${root}/large`, randomBytes(LARGE_BYTES));
  mkdirSync(`${root}/empty`);
  symlinkSync('large', `${root}/link`);
  chmodSync(`${root}/folder 1/file 1`, 0o400);
  chmodSync(`${root}/folder 2`, 0o1750);
}

/** Two files are gone, the large one with whole packs, one is new and one is another. */
function changeTree(root: string): void {
  rmSync(`${root}/large`);
  rmSync(`${root}/folder 3/file 3`);
  writeFileSync(`${root}/folder 4/file 4`, 'changed');
  writeFileSync(`${root}/folder 5/new ü`, randomBytes(100_000));
}

type Env = Readonly<Record<string, string>>;

async function expectVerified(cli: CliProcess, env: Env, message: RegExp): Promise<void> {
  const verified = await cli.run(['snapshot', 'verify', '--verify-files-percent=100'], { env });
  expect(verified).toMatchObject({ code: 0, stderr: expect.stringMatching(message) });
  expect(verified.stderr).not.toMatch(WARNING);
}

/** Of Node, about something in a package that only some storages need. */
const WARNING = /warning/i;

/** Returns standard output. */
async function mustRunQuietly(cli: CliProcess, args: readonly string[], env: Env): Promise<string> {
  const { code, stdout, stderr } = await cli.run(args, { env });
  expect([args, code, stderr]).toEqual([args, 0, expect.not.stringMatching(WARNING)]);
  return stdout;
}

async function storedBytes(cli: CliProcess, env: Env): Promise<number> {
  const blobs: readonly { length: number }[] = JSON.parse(
    await cli.mustRun(['blob', 'list', '--json'], { env }),
  );
  return blobs.reduce((sum, { length }) => sum + length, 0);
}
