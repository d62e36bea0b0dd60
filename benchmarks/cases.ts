import { fileURLToPath } from 'node:url';
import { makeFiles, makeLargeFile, makeSourceTree } from './data.ts';

/** One set of data to back up and restore. */
export interface BenchmarkCase {
  readonly name: string;
  readonly title: string;
  /** What the tools are told to compress with, each in its own terms. */
  readonly compression: 'none' | 'fast';
  make(directory: string): void;
}

/** `small` is for trying the harness out; only `full` gives numbers worth quoting. */
export type BenchmarkSize = 'small' | 'full';

/** All cases, most telling first. */
export function benchmarkCases(size: BenchmarkSize): readonly BenchmarkCase[] {
  const scale = size === 'full' ? 1 : 1 / 32;
  const megabytes = 2048 * scale;
  const medium = Math.round(1000 * scale);
  const small = 200_000 * scale;
  const tiny = 1_000_000 * scale;
  const copies = size === 'full' ? 6 : 1;
  const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
  return [
    uncompressed('large', `1 x ${megabytes} MiB`, (to) => makeLargeFile(to, megabytes * (1 << 20))),
    uncompressed('medium', `${medium} x 1 MiB`, (to) => makeFiles(to, medium, 1 << 20, 10)),
    uncompressed('small', `${small} x 100 B`, (to) => makeFiles(to, small, 100, 1000 * scale)),
    {
      name: 'source',
      title: `${copies} x the source code of our dependencies`,
      compression: 'fast',
      make: (to) => makeSourceTree(to, modules, copies),
    },
    uncompressed('million', `${tiny} x 10 B`, (to) => makeFiles(to, tiny, 10, 1000 * scale)),
  ];
}

function uncompressed(name: string, title: string, make: (directory: string) => void): BenchmarkCase {
  return { name, title, compression: 'none', make };
}
