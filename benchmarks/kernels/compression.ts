/* Speed and ratio of every compressor on the kinds of content a backup meets.
 * Run: node --conditions=source benchmarks/kernels/compression.ts [name...] */
import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { compressors, decompress } from '../../packages/repository/src/compression/registry.ts';

const LARGE = 4 << 20;
const SMALL = 500;
const BUDGET_MS = 150;

interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
}

function machineCode(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const file = openSync(process.execPath, 'r');
  readSync(file, bytes, 0, length, 30 << 20);
  closeSync(file);
  return bytes;
}

function records(length: number): Uint8Array {
  let text = '';
  for (let i = 0; text.length < length; i++) {
    const id = Math.imul(i, 2654435761) >>> 0;
    text += JSON.stringify({ name: `file-${i}`, mode: '0644', size: id % 100_000, obj: id.toString(16) });
  }
  return new TextEncoder().encode(text.slice(0, length));
}

/** Best time of a call, in microseconds. */
function bestMicroseconds(run: () => void): number {
  let best = Infinity;
  const end = performance.now() + BUDGET_MS;
  while (performance.now() < end) {
    const from = performance.now();
    run();
    best = Math.min(best, performance.now() - from);
  }
  return best * 1000;
}

/** Mean time of a call, in microseconds, over batches so short that the clock's resolution does not matter. */
function smallMicroseconds(run: () => void): number {
  const batch = 200;
  return (
    bestMicroseconds(() => {
      for (let i = 0; i < batch; i++) run();
    }) / batch
  );
}

function measureLarge(name: string, { name: sample, bytes }: Sample): void {
  const compressor = compressors[name];
  if (compressor === undefined) throw new Error(`no compressor ${name}`);
  const packed = compressor.compress(bytes)?.slice();
  const encode = bytes.length / bestMicroseconds(() => compressor.compress(bytes));
  const decode = packed && bytes.length / bestMicroseconds(() => decompress(packed, bytes.length));
  console.log(
    name.padEnd(26),
    sample.padEnd(14),
    `${encode.toFixed(0).padStart(6)} MB/s`,
    decode === undefined ? ' '.repeat(11) : `${decode.toFixed(0).padStart(6)} MB/s`,
    packed === undefined ? 'stored' : (packed.length / bytes.length).toFixed(3),
  );
}

function measureSmall(name: string, bytes: Uint8Array): void {
  const compressor = compressors[name];
  const packed = compressor?.compress(bytes)?.slice();
  if (compressor === undefined || packed === undefined) return;
  const encode = smallMicroseconds(() => compressor.compress(bytes));
  const decode = smallMicroseconds(() => decompress(packed, bytes.length));
  console.log(name.padEnd(26), `${encode.toFixed(1).padStart(6)} us`, `${decode.toFixed(1).padStart(6)} us`);
}

const chosen = process.argv.slice(2);
const names = chosen.length > 0 ? chosen : Object.keys(compressors);
const samples: readonly Sample[] = [
  { name: 'records', bytes: records(LARGE) },
  { name: 'machine code', bytes: machineCode(LARGE) },
  { name: 'random', bytes: randomFillSync(new Uint8Array(LARGE)) },
];

console.log(`4 MiB contents: compressor, sample, compress, decompress, ratio`);
for (const name of names) for (const sample of samples) measureLarge(name, sample);
console.log(`${SMALL}-byte contents: compressor, compress, decompress`);
for (const name of names) measureSmall(name, records(SMALL));
