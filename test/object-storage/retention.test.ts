import { GetObjectRetentionCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCli } from '../../packages/cli/src/testing/cli-process.ts';
import { findRig, titleForRig } from '../rigs/installed.ts';
import type { S3Rig } from '../rigs/s3-rig.ts';
import { startVersityGw } from '../rigs/versitygw.ts';
import { cliBucket } from '../rigs/cli-bucket.ts';

describe.skipIf(findRig('versitygw') === undefined)(
  titleForRig('versitygw', 'a repository made to last'),
  () => {
    let rig: S3Rig;
    beforeAll(async () => {
      rig = await startVersityGw();
      await rig.createBucket('locked', { lock: true });
      await rig.createBucket('plain');
    });
    afterAll(() => rig.stop());

    const flags = ['--retention-mode=GOVERNANCE', '--retention-period=48h'];

    it('has its first blobs locked already', async () => {
      using cli = openCli();
      const place = cliBucket(rig, { bucket: 'locked', prefix: 'r/' });
      await cli.mustRun(['repository', 'create', 's3', ...place.flags, ...flags], { env: place.env });
      expect(await cli.json(['repository', 'status', '--json'], { env: place.env })).toMatchObject({
        blobRetention: { retentionMode: 'GOVERNANCE', retentionPeriod: 48 * 3600 * 1e9 },
      });
      const blob = { Bucket: 'locked', Key: 'r/kopia.repository' };
      const { Retention } = await rig.client.send(new GetObjectRetentionCommand(blob));
      expect(Retention?.Mode).toBe('GOVERNANCE');
    });

    it('is refused where nothing can be locked', async () => {
      using cli = openCli();
      const place = cliBucket(rig, { bucket: 'plain', prefix: 'r/' });
      const create = ['repository', 'create', 's3', ...place.flags, ...flags];
      expect(await cli.run(create, { env: place.env })).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/ObjectLock|cannot lock/),
      });
    });
  },
);
