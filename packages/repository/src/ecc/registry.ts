import { RepositoryError } from '../errors.ts';
import type { ErrorCorrection } from './ecc.ts';
import { reedSolomonCrc32 } from './reed-solomon-crc32.ts';

/** Every error correction of the format, by name. */
export const errorCorrections: Readonly<Record<string, (overheadPercent: number) => ErrorCorrection>> = {
  'REED-SOLOMON-CRC32': reedSolomonCrc32,
};

/** The error correction that a format names, for one thread; undefined when it has none (no name or no overhead).
 *  Throws ALGORITHM_UNKNOWN. */
export function createErrorCorrection(name: string, overheadPercent: number): ErrorCorrection | undefined {
  if (name === '' || overheadPercent <= 0) return undefined;
  const create = Object.hasOwn(errorCorrections, name) ? errorCorrections[name] : undefined;
  if (create !== undefined) return create(overheadPercent);
  throw new RepositoryError(
    'ALGORITHM_UNKNOWN',
    `unknown error correction ${JSON.stringify(name)}; choose one of ${Object.keys(errorCorrections).join(', ')}`,
    { name },
  );
}
