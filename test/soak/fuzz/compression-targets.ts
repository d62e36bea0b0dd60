import { readdirSync, readFileSync } from 'node:fs';

import { compressors, decompress } from '../../../packages/repository/src/compression/registry.ts';
import type { FuzzTarget, Verdict } from './target.ts';

const TESTDATA = new URL('../../../packages/repository/src/compression/testdata/', import.meta.url);
const MAX_LENGTH = 1 << 20;
/** These carry a checksum of what they hold. */
const CHECKED = new Set(['gzip', 's2', 'pgzip']);

const families: Readonly<Record<string, number>> = {
  gzip: 0x10,
  zstd: 0x11,
  s2: 0x12,
  pgzip: 0x13,
  lz4: 0x14,
  deflate: 0x15,
};

/** A target for each family of compressors: what they make, and what kopia's make. */
export function compressionTargets(): readonly FuzzTarget[] {
  const all = [...ownSamples(), ...foreignSamples()].filter(({ length }) => length <= 64 << 10);
  return Object.entries(families).map(([name, family]) => ({
    name: `compression ${name}`,
    seeds: all.filter((sample) => sample[2] === family),
    // The output, and the window of a decoder.
    allowedBytes: 8 * MAX_LENGTH,
    check: CHECKED.has(name) ? checkedOutput : boundedOutput,
  }));
}

function boundedOutput(input: Uint8Array): Verdict {
  const { length } = decompress(input, MAX_LENGTH);
  return length > MAX_LENGTH ? `${length} bytes came out` : undefined;
}

/** What is as long as the original is the original: chunks may only have come or gone as a whole. */
function checkedOutput(input: Uint8Array, seed: Uint8Array): Verdict {
  const output = Buffer.from(decompress(input, MAX_LENGTH));
  if (output.length > MAX_LENGTH) return `${output.length} bytes came out`;
  const original = Buffer.from(decompress(seed, MAX_LENGTH));
  return output.length === original.length && !output.equals(original) ? 'other bytes came out' : undefined;
}

function ownSamples(): readonly Uint8Array[] {
  const texts = [100, 3000, 70_000].map((length) =>
    Buffer.from(Array.from({ length: length / 10 }, (_, line) => `${line} bottles\n`).join('')),
  );
  return Object.values(compressors).flatMap((compressor) =>
    texts.flatMap((text) => {
      const packed = compressor.compress(text);
      return packed === undefined ? [] : [packed.slice()];
    }),
  );
}

function foreignSamples(): readonly Uint8Array[] {
  const files = readdirSync(TESTDATA).filter((file) => /^kopia-.*\.bin$/.test(file));
  return files.map((file) => new Uint8Array(readFileSync(new URL(file, TESTDATA))));
}
