import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRepository, openStorage, processEnvironment, Repository } from '@holdfast/repository';
import { listSnapshots } from '@holdfast/uploader';
import type { Cloud } from '../rigs/cloud.ts';
import { ALL_CLOUDS } from '../rigs/clouds.ts';
import { findRig, titleForRig } from '../rigs/installed.ts';
import { compareDirectories } from '../support/compare-directories.ts';
import { backUp, openScratch, optionsFor, restore, type Scratch, verifyAll } from '../support/repository.ts';
import { findTool, openTool, type Tool, titleFor } from '../support/tools.ts';

describe.for(ALL_CLOUDS)('%s', ([name, start]) => {
  const isHere = findTool('kopia') !== undefined && findRig(name) !== undefined;
  const title = titleForRig(name, titleFor('kopia', 'kopia and we share a bucket'));
  describe.skipIf(!isHere)(title, () => {
    let cloud: Cloud;
    let scratch: Scratch;
    let source = '';
    beforeAll(async () => {
      cloud = await start();
      await cloud.createBucket('backups');
      scratch = openScratch();
      source = makeTree(scratch.at('source'));
    });
    afterAll(async () => {
      await cloud.stop();
      scratch[Symbol.dispose]();
    });

    const options = async (prefix: string) => {
      const location = cloud.location('backups', prefix, cloud.upstream);
      const env = { ...process.env, ...cloud.env(cloud.upstream) };
      const storage = await openStorage(location, 'create', { ...processEnvironment, env });
      return optionsFor(storage, scratch.at(prefix));
    };
    const save = async (repository: Repository): Promise<void> => {
      expect((await backUp(repository, source)).failedCount).toBe(0);
    };

    it('kopia verifies and restores what we wrote', async () => {
      await (await createRepository(await options('ours'))).close();
      const repository = await Repository.open(await options('ours'));
      await save(repository);
      await repository.close();
      using kopia = openTool('kopia');
      const { args, env } = cloud.kopia('backups', 'ours');
      kopia.mustRun(
        ['repository', 'connect', ...args, '--override-username=user', '--override-hostname=host'],
        env,
      );
      expectVerified(kopia, env);
      const [snapshot] = JSON.parse(kopia.mustRun(['snapshot', 'list', '--json', source], env));
      kopia.mustRun(['snapshot', 'restore', snapshot.id, scratch.at('by-kopia')], env);
      expect(compareDirectories(source, scratch.at('by-kopia'))).toEqual([]);
    });

    it('we verify and restore what kopia wrote, and add to it', async () => {
      using kopia = openTool('kopia');
      const { args, env } = cloud.kopia('backups', 'theirs');
      kopia.mustRun(['repository', 'create', ...args], env);
      kopia.mustRun(['snapshot', 'create', source], env);
      const repository = await Repository.open(await options('theirs'));
      const [theirs] = await listSnapshots(repository);
      expect(theirs?.stats.fileCount).toBe(61);
      expect(await verifyAll(repository)).toEqual([]);
      if (theirs) await restore(repository, theirs, scratch.at('by-us'));
      expect(compareDirectories(source, scratch.at('by-us'))).toEqual([]);
      await save(repository);
      await repository.close();
      expectVerified(kopia, env);
    });
  });
});

/** Its directories are as old as what is in them: for kopia's restore, the latest of those times is a directory's. */
function makeTree(root: string): string {
  for (let i = 0; i < 60; i++) {
    const folder = join(root, `folder ${i % 7}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `file ${i}`), Buffer.alloc(i * 997, `${i}`));
    for (const path of [join(folder, `file ${i}`), folder]) utimesSync(path, 1000 + i, 1000.25 + i);
  }
  const large = Uint8Array.from({ length: 9 << 20 }, (_, i) => (i * i * 31) >>> 7);
  writeFileSync(join(root, 'large'), large);
  for (const path of [join(root, 'large'), root]) utimesSync(path, 2000, 2000.5);
  return root;
}

/** All 61 files, and the directories that hold them. */
function expectVerified(kopia: Tool, env: Readonly<Record<string, string>>): void {
  const { code, stderr } = kopia.run(['snapshot', 'verify', '--verify-files-percent=100'], env);
  expect([code, stderr]).toEqual([0, expect.stringMatching(/Finished processing .* Read 61 files/)]);
}
