import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRig, titleForRig } from '../rigs/installed.ts';
import type { S3Rig } from '../rigs/s3-rig.ts';
import { startVersityGw } from '../rigs/versitygw.ts';
import { faultRound, type FaultRound } from '../soak/fault-rounds.ts';
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

    async function expectKept(round: Pick<FaultRound, 'seed' | 'rate' | 'only'>) {
      using scratch = openScratch();
      const report = await faultRound(scratch, rig, { bucket: 'faults', withKopia: false, ...round });
      expect(report.problems).toEqual([]);
      return report;
    }

    it.each([
      [FIRST_SEED, 0.05],
      [FIRST_SEED + 1, 0.15],
    ])('keeps what was said to be saved (seed %i, share %d of requests)', async (seed, rate) => {
      const { faults, snapshots } = await expectKept({ seed, rate });
      expect(faults).toBeGreaterThan(0);
      expect(snapshots).toBeGreaterThan(0);
    });

    // Some forty writes: that none of them is lost is out of the question, and the order of requests does not matter.
    it('finds out about every write that is lost in time to repeat it', async () => {
      const { stopped, faults, snapshots } = await expectKept({
        seed: FIRST_SEED + 2,
        rate: 0.25,
        only: 'lost-put',
      });
      expect(faults).toBeGreaterThan(0);
      expect([stopped, snapshots]).toEqual([{}, 4]);
    });
  },
);
