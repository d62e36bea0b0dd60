import { createCipheriv } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';

/** Endless incompressible bytes, the same on every machine for the same seed. */
class RandomBytes {
  readonly #cipher: ReturnType<typeof createCipheriv>;

  constructor(seed: number) {
    const key = Buffer.alloc(16);
    key.writeUInt32LE(seed);
    this.#cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  }

  next(length: number): Buffer {
    return this.#cipher.update(Buffer.alloc(length));
  }
}

/** Writes one file of `size` random bytes. */
export function makeLargeFile(directory: string, size: number): void {
  const random = new RandomBytes(1);
  const file = openSync(join(directory, 'large.bin'), 'w');
  for (let left = size; left > 0; left -= 1 << 20) writeSync(file, random.next(Math.min(left, 1 << 20)));
  closeSync(file);
}

/** Writes `count` files of `size` random bytes, spread evenly over `directories` directories. */
export function makeFiles(directory: string, count: number, size: number, directories: number): void {
  const random = new RandomBytes(2);
  const perDirectory = Math.ceil(count / directories);
  for (let first = 0; first < count; first += perDirectory) {
    const child = join(directory, `d${String(first / perDirectory).padStart(5, '0')}`);
    mkdirSync(child);
    for (let i = first; i < Math.min(count, first + perDirectory); i++) {
      writeFileSync(join(child, `f${String(i).padStart(7, '0')}`), random.next(size));
    }
  }
}

const sourceExtensions = new Set([
  '.js',
  '.cjs',
  '.mjs',
  '.ts',
  '.cts',
  '.mts',
  '.json',
  '.md',
  '.map',
  '.h',
  '.css',
]);
const largestSourceFile = 2 << 20;

/** Writes `copies` of the text files of `from` (the installed dependencies: the same wherever the lock file is).
 *  Each copy of a file begins with another line, so that no two are the same to deduplication. */
export function makeSourceTree(directory: string, from: string, copies: number): void {
  for (const entry of readdirSync(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !sourceExtensions.has(extname(entry.name))) continue;
    const path = join(entry.parentPath, entry.name);
    if (statSync(path).size > largestSourceFile) continue;
    const data = readFileSync(path);
    for (let copy = 0; copy < copies; copy++) {
      const target = join(directory, `copy${copy}`, relative(from, path));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, Buffer.concat([Buffer.from(`// ${copy}\n`), data]));
    }
  }
}
