import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createS3Storage } from '../../packages/repository/src/blob/s3.ts';
import { decodeS3Options } from '../../packages/repository/src/blob/s3-options.ts';
import {
  describeStorage,
  type KnownLacks,
} from '../../packages/repository/src/testing/storage-conformance.ts';
import { findRig, type RigName, titleForRig } from '../rigs/installed.ts';
import type { S3Rig } from '../rigs/s3-rig.ts';
import { startSeaweedFs } from '../rigs/seaweedfs.ts';
import { startVersityGw } from '../rigs/versitygw.ts';

const RIGS: readonly [RigName, () => Promise<S3Rig>][] = [
  ['seaweedfs', startSeaweedFs],
  ['versitygw', startVersityGw],
];

/** SeaweedFS takes a backslash for a slash. */
const LACKS: Partial<Record<RigName, KnownLacks>> = { seaweedfs: { names: /\\/ } };

describe.for(RIGS)('%s', ([name, start]) => {
  describe.skipIf(findRig(name) === undefined)(titleForRig(name, 'S3'), () => {
    let rig: S3Rig;
    beforeAll(async () => {
      rig = await start();
      await rig.createBucket('blobs', { lock: true });
    });
    afterAll(() => rig.stop());

    let storages = 0;
    describeStorage(
      'S3',
      async () => {
        const config = { ...connectionOf(rig, 'blobs'), prefix: `conformance-${storages++}/` };
        return await createS3Storage(decodeS3Options(config), 'create');
      },
      LACKS[name],
    );

    it('x', () => expect(1).toBe(1));
  });
});

function connectionOf(rig: S3Rig, bucket: string) {
  return {
    bucket,
    endpoint: rig.endpoint,
    region: rig.region,
    doNotUseTLS: true,
    accessKeyID: rig.accessKey,
    secretAccessKey: rig.secretKey,
  };
}
