import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRig, titleForRig } from '../rigs/installed.ts';
import type { S3Rig } from '../rigs/s3-rig.ts';
import { startVersityGw } from '../rigs/versitygw.ts';
import { faultRound } from '../soak/fault-rounds.ts';
import { openScratch } from '../support/repository.ts';

/** More of them: `test/soak/faults.ts`. */
const FIRST_SEED = Number(process.env['HOLDFAST_TEST_SEED'] ?? 20_261);

describe.skipIf(findRig('versitygw') === undefined)(
  titleForRig('versitygw', 'a failing object store'),
  () => {
    let rig: S3Rig;
    beforeAll(async () => {
      rig = await startVersityGw();
      await rig.createBucket('faults');
    });
    afterAll(() => rig.stop());

    it.each([
      [FIRST_SEED, 0.05],
      [FIRST_SEED + 1, 0.15],
    ])('keeps what was said to be saved (seed %i, share %d of requests)', async (seed, rate) => {
      using scratch = openScratch();
      const round = { seed, rate, bucket: 'faults', withKopia: false };
      const { problems, faults, snapshots } = await faultRound(scratch, rig, round);
      expect(problems).toEqual([]);
      expect(faults).toBeGreaterThan(0);
      expect(snapshots).toBeGreaterThan(0);
    });
  },
);
