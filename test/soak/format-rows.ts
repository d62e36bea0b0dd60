import { algorithmNames, type NewFormat } from '@holdfast/repository';

import { type Choice, type Factors, pairwiseCover, type Row } from './pairwise.ts';

/** What a repository's format and its compression are made of. */
export type FormatFactor =
  'version' | 'hash' | 'encryption' | 'splitter' | 'compression' | 'ecc' | 'keyDerivation';

/** One combination; `ecc` is the overhead in percent, `compression` may be `none`. */
export type FormatRow = Row<FormatFactor>;

/** Everything that kopia can create, by our own registries. The overheads are those where the shape of error correction
 *  differs most: two parity shards for many, shards of several lengths, as much parity as data. */
export const FORMAT_FACTORS: Factors<FormatFactor> = {
  version: ['3', '2', '1'],
  hash: algorithmNames.hash,
  encryption: algorithmNames.encryption,
  splitter: algorithmNames.splitter,
  compression: ['none', ...algorithmNames.compression],
  ecc: ['0', '1', '3', '10', '100'],
  keyDerivation: algorithmNames.keyDerivation,
};

/** Format 1 has no error correction; everything else can be combined. */
export function isPossible(a: Choice<FormatFactor>, b: Choice<FormatFactor>): boolean {
  const old = [a, b].some(({ factor, value }) => factor === 'version' && value === '1');
  return !old || ![a, b].some(({ factor, value }) => factor === 'ecc' && value !== '0');
}

/** Every pair of values in as few rows as come easily. */
export function formatRows(): readonly FormatRow[] {
  return pairwiseCover(FORMAT_FACTORS, isPossible);
}

/** How Holdfast creates the repository of a row. */
export function newFormatOf(row: FormatRow): NewFormat {
  const formatVersion = ([1, 2, 3] as const).find((version) => String(version) === row.version);
  return {
    hash: row.hash,
    encryption: row.encryption,
    splitter: row.splitter,
    keyAlgo: row.keyDerivation,
    eccOverheadPercent: Number(row.ecc),
    ...(formatVersion !== undefined && { formatVersion }),
  };
}

/** How kopia does. */
export function kopiaFormatFlags(row: FormatRow): readonly string[] {
  return [
    `--format-version=${row.version}`,
    `--block-hash=${row.hash}`,
    `--encryption=${row.encryption}`,
    `--object-splitter=${row.splitter}`,
    `--ecc-overhead-percent=${row.ecc}`,
    `--format-block-key-derivation-algorithm=${row.keyDerivation}`,
  ];
}

/** Average length of the splitter's chunks; the names without a size stand for 4 MiB. */
export function chunkLength({ splitter }: FormatRow): number {
  const [, number = '4', unit = 'M'] = /-(\d+)([KM])/.exec(splitter) ?? [];
  return Number(number) << (unit === 'M' ? 20 : 10);
}

/** Whether contents are compressed: indexes of format 1 have no place for it. */
export function compressesContents(row: FormatRow): boolean {
  return row.compression !== 'none' && row.version !== '1';
}
