import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRepository, openStorage, Repository } from '@holdfast/repository';
import { listSnapshots, uploadSnapshot, verifySnapshots } from '@holdfast/uploader';
import { findTool, openTool, type Tool, titleFor } from '../support/tools.ts';
import { findRig, type RigName, titleForRig } from '../rigs/installed.ts';
import { s3Connection, type S3Rig } from '../rigs/s3-rig.ts';
import { startSeaweedFs } from '../rigs/seaweedfs.ts';
import { startVersityGw } from '../rigs/versitygw.ts';

const RIGS: readonly [RigName, () => Promise<S3Rig>][] = [
  ['seaweedfs', startSeaweedFs],
  ['versitygw', startVersityGw],
];
const PASSWORD = 'correct horse';
const CLIENT = { username: 'user', hostname: 'host' };

describe.for(RIGS)('%s', ([name, start]) => {
  const isHere = findTool('kopia') !== undefined && findRig(name) !== undefined;
  const title = titleForRig(name, titleFor('kopia', 'kopia and we share a bucket'));
  describe.skipIf(!isHere)(title, () => {
    let rig: S3Rig;
    let directory = '';
    let source = '';
    beforeAll(async () => {
      rig = await start();
      await rig.createBucket('backups');
      directory = mkdtempSync(join(tmpdir(), 'holdfast-interop-'));
      source = makeTree(join(directory, 'source'));
    });
    afterAll(async () => {
      await rig.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    const storageAt = async (prefix: string) =>
      await openStorage({ type: 's3', config: { ...s3Connection(rig, 'backups'), prefix } }, 'create');
    const settings = (prefix: string) => ({
      password: PASSWORD,
      cacheDirectory: join(directory, `cache-${prefix}`),
      client: CLIENT,
    });
    const upload = async (repository: Repository) => {
      const path = source;
      const options = { source: { host: 'host', userName: 'user', path }, path, onFailure: () => undefined };
      const { failedCount } = await uploadSnapshot(repository, options);
      expect(failedCount).toBe(0);
    };

    it('kopia verifies what we wrote', async () => {
      const storage = await storageAt('ours/');
      await (await createRepository({ ...settings('ours/'), storage })).close();
      const repository = await Repository.open({ ...settings('ours/'), storage: await storageAt('ours/') });
      await upload(repository);
      await repository.close();
      using kopia = openTool('kopia');
      kopia.mustRun(['repository', 'connect', ...kopiaPlace(rig, 'ours/')], kopiaEnv(rig));
      verifyWith(kopia, rig);
    });

    it('we verify what kopia wrote, and add to it', async () => {
      using kopia = openTool('kopia');
      kopia.mustRun(['repository', 'create', ...kopiaPlace(rig, 'theirs/')], kopiaEnv(rig));
      kopia.mustRun(['snapshot', 'create', source], kopiaEnv(rig));
      const repository = await Repository.open({
        ...settings('theirs/'),
        storage: await storageAt('theirs/'),
      });
      const verified = await verifySnapshots(repository, {
        snapshots: await listSnapshots(repository),
        filesPercent: 100,
      });
      expect(verified).toMatchObject({ objects: 69, failedCount: 0 });
      await upload(repository);
      await repository.close();
      verifyWith(kopia, rig);
    });
  });
});

function makeTree(root: string): string {
  for (let i = 0; i < 60; i++) {
    const folder = join(root, `folder ${i % 7}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `file ${i}`), Buffer.alloc(i * 997, `${i}`));
  }
  const large = Uint8Array.from({ length: 9 << 20 }, (_, i) => (i * i * 31) >>> 7);
  writeFileSync(join(root, 'large'), large);
  return root;
}

function kopiaPlace(rig: S3Rig, prefix: string): string[] {
  return ['s3', '--bucket=backups', `--prefix=${prefix}`, `--endpoint=${rig.endpoint}`, '--disable-tls'];
}

function kopiaEnv(rig: S3Rig): Readonly<Record<string, string>> {
  return { KOPIA_PASSWORD: PASSWORD, AWS_ACCESS_KEY_ID: rig.accessKey, AWS_SECRET_ACCESS_KEY: rig.secretKey };
}

function verifyWith(kopia: Tool, rig: S3Rig): void {
  const { code, stderr } = kopia.run(['snapshot', 'verify', '--verify-files-percent=100'], kopiaEnv(rig));
  expect([code, stderr]).toEqual([0, expect.stringContaining('Finished processing')]);
}
