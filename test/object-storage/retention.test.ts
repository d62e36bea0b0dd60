import { GetObjectRetentionCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openStorage } from '@holdfast/repository';
import { parseBlobId } from '../../packages/repository/src/blob/blob-id.ts';
import { asRetentionExtender } from '../../packages/repository/src/blob/powers.ts';
import { openCli } from '../../packages/cli/src/testing/cli-process.ts';
import { findRig, titleForRig } from '../rigs/installed.ts';
import { s3Connection, type S3Rig } from '../rigs/s3-rig.ts';
import { startSeaweedFs } from '../rigs/seaweedfs.ts';
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

describe.skipIf(findRig('seaweedfs') === undefined)(
  titleForRig('seaweedfs', 'a service that says no more than that a request is invalid'),
  () => {
    it('is asked whether the bucket has object lock', async () => {
      const rig = await startSeaweedFs();
      onTestFinished(() => rig.stop());
      await rig.createBucket('plain');
      const storage = await openStorage({ type: 's3', config: s3Connection(rig, 'plain') }, 'create');
      const id = parseBlobId('p1');
      const refusal = {
        code: 'STORAGE_UNSUPPORTED',
        message: expect.stringMatching(/the bucket was made without object lock/),
      };
      await expect(storage.put(id, [], { retention: RETENTION })).rejects.toMatchObject(refusal);
      await storage.put(id, []);
      await expect(asRetentionExtender(storage)?.extendRetention(id, RETENTION)).rejects.toMatchObject(
        refusal,
      );
      await storage.close();
    });
  },
);

const RETENTION = { mode: 'GOVERNANCE', periodMs: 86_400_000 } as const;
