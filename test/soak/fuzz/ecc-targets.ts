import { reedSolomonCrc32 } from '../../../packages/repository/src/ecc/reed-solomon-crc32.ts';
import { seededRandom } from '../seeded-random.ts';
import { type FuzzTarget, onlyUnchanged } from './target.ts';

/* One stripe of the small shape, one of the other, several; around the lengths where one layout becomes another. */
const LENGTHS: readonly number[] = [0, 1, 60, 124, 1000, 8187, 8188, 8189, 20_000];

/** Overheads whose layouts differ most: the original comes out, or an error. */
export function eccTargets(): readonly FuzzTarget[] {
  return [1, 3, 10, 100].map((overhead) => {
    const ecc = reedSolomonCrc32(overhead);
    const seeds = LENGTHS.map((length) => new Uint8Array(ecc.encode(noise(length))));
    return {
      name: `error correction ${overhead} %`,
      seeds,
      inPlace: true,
      check: onlyUnchanged((input) => ecc.decode(input)),
    };
  });
}

function noise(length: number): Uint8Array {
  const random = seededRandom(length);
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}
