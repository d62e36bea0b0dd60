import { compressors } from '../compression/registry.ts';
import { errorCorrections } from '../ecc/registry.ts';
import { ENCRYPTIONS } from '../encryption/registry.ts';
import { KEY_ALGORITHMS } from './keys.ts';
import { HASHES } from '../hashing/registry.ts';
import { SPLITTERS } from '../splitter/registry.ts';

/** Names of everything that the format lets one choose, by what it is for. */
export const algorithmNames: Readonly<
  Record<'hash' | 'encryption' | 'ecc' | 'splitter' | 'compression' | 'keyDerivation', readonly string[]>
> = {
  hash: Object.keys(HASHES),
  encryption: Object.keys(ENCRYPTIONS),
  ecc: Object.keys(errorCorrections),
  splitter: Object.keys(SPLITTERS),
  compression: Object.keys(compressors),
  keyDerivation: Object.keys(KEY_ALGORITHMS),
};

/** Name of the compression that an index entry's header id stands for; undefined when there is no such compressor. */
export function compressionName(headerId: number): string | undefined {
  return Object.entries(compressors).find(([, compressor]) => compressor.headerId === headerId)?.[0];
}
