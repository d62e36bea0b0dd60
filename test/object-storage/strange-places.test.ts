import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCli } from '../../packages/cli/src/testing/cli-process.ts';
import { startFramingS3 } from '../rigs/framing-s3.ts';
import { findRig, titleForRig } from '../rigs/installed.ts';
import type { S3Rig } from '../rigs/s3-rig.ts';
import { startSeaweedFs } from '../rigs/seaweedfs.ts';
import { cliBucket, createInBucket } from '../rigs/cli-bucket.ts';

it('stops at the first blob when a store keeps the framing of requests', async () => {
  using cli = openCli();
  const store = await startFramingS3();
  const access = { endpoint: store.endpoint, accessKey: 'id', secretKey: 'key', region: 'us-east-1' };
  const result = await createInBucket(cli, cliBucket(access, { bucket: 'b', prefix: 'p/' }));
  store.stop();
  expect(result).toMatchObject({ code: 1, stdout: '' });
  expect(result.stderr).toMatch(/^holdfast: .* does not keep what it is given/);
  expect(store.objects.size).toBeLessThanOrEqual(1);
});

describe.skipIf(findRig('seaweedfs') === undefined)(titleForRig('seaweedfs', 'a place in use'), () => {
  let rig: S3Rig;
  beforeAll(async () => {
    rig = await startSeaweedFs();
    await rig.createBucket('blobs');
  });
  afterAll(() => rig.stop());

  const run = async (prefix: string, bucket = 'blobs') => {
    using cli = openCli();
    const place = cliBucket(rig, { bucket, prefix });
    return await cli.run(['repository', 'create', 's3', ...place.flags], { env: place.env });
  };

  it('is not made a repository when it holds something else', async () => {
    const photo = { Bucket: 'blobs', Key: 'photos/p1.jpg', Body: 'x' };
    await rig.client.send(new PutObjectCommand(photo));
    const result = await run('photos/');
    expect([result.code, result.stderr]).toEqual([1, expect.stringMatching(/there is data in .*p1\.jpg/)]);
    expect(await run('photos/beside-')).toMatchObject({ code: 0 });
  });

  it('is not made a repository above what others hold', async () => {
    const backup = { Bucket: 'blobs', Key: 'velero/backups/b1/velero-backup.json', Body: 'x' };
    await rig.client.send(new PutObjectCommand(backup));
    const result = await run('velero/');
    expect([result.code, result.stderr]).toEqual([
      1,
      expect.stringMatching(/there is data in .*backups\/b1/),
    ]);
    expect(await run('velero/kopia/')).toMatchObject({ code: 0 });
  });

  it('is not made a repository twice, nor where there is no bucket', async () => {
    expect(await run('twice/')).toMatchObject({ code: 0 });
    const again = await run('twice/');
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/^holdfast: there is .* already/)]);
    const missing = await run('', 'missing');
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('there is no such bucket')]);
  });
});
