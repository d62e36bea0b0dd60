import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cloud } from '../rigs/cloud.ts';
import { ALL_CLOUDS } from '../rigs/clouds.ts';
import { findRig, titleForRig } from '../rigs/installed.ts';
import { compareDirectories } from '../support/compare-directories.ts';
import { runMeasured } from '../support/measured.ts';
import { openScratch, type Scratch } from '../support/repository.ts';

/** Of the whole process, threads and native packages included. */
const LIMIT_MIB = 256;
/** Running from the sources takes 20 MiB more. */
const isBuilt = existsSync(new URL('../../packages/cli/dist/main.js', import.meta.url));
/** The fastest server, and the one whose client takes most. */
const SERVERS = ALL_CLOUDS.filter(([name]) => name === 'versitygw' || name === 'azurite');

const canRun = isBuilt && process.platform === 'linux';
describe.skipIf(!canRun)(canRun ? 'memory' : 'memory [skipped: only of what was built, on Linux]', () => {
  let scratch: Scratch;
  beforeAll(() => {
    scratch = openScratch();
    writeTree(scratch.at('source'));
  });
  afterAll(() => scratch[Symbol.dispose]());

  describe.for(SERVERS)('%s', ([name, start]) => {
    describe.skipIf(findRig(name) === undefined)(titleForRig(name, 'backup and restore'), () => {
      let cloud: Cloud;
      beforeAll(async () => {
        cloud = await start();
        await cloud.createBucket('backups');
      });
      afterAll(() => cloud.stop());

      it(`take at most ${LIMIT_MIB} MiB`, () => {
        const { args, env } = cloud.holdfast('backups', 'memory/');
        const [source, target] = [scratch.at('source'), scratch.at(`target-${name}`)];
        const runIn = (home: string, ...line: readonly string[]) => {
          mkdirSync(scratch.at(name, home), { recursive: true });
          return runMeasured(scratch.at(name, home), line, env);
        };
        runIn('home', 'repository', 'create', ...args);
        const backup = runIn('home', 'snapshot', 'create', source, '--json');
        // Nothing is in the cache of this one.
        runIn('another', 'repository', 'connect', ...args);
        const restore = runIn('another', 'restore', JSON.parse(backup.stdout).id, target);
        expect(compareDirectories(source, target)).toEqual([]);
        for (const { peakMib } of [backup, restore]) {
          expect(peakMib).toBeGreaterThan(100);
          expect(peakMib).toBeLessThanOrEqual(LIMIT_MIB);
        }
      });
    });
  });
});

/** 280 MB that neither compress nor repeat: more than the limit, in one large file and in many. */
function writeTree(root: string): void {
  for (let d = 0; d < 20; d++) {
    mkdirSync(`${root}/${d}`, { recursive: true });
    for (let f = 0; f < 100; f++) writeFileSync(`${root}/${d}/${f}`, randomBytes(80_000));
  }
  writeFileSync(`${root}/large`, randomBytes(120_000_000));
}
