import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { seededRandom } from '../seeded-random.ts';

/** A directory tree that changes: files and directories come, go, grow and move. A part of the data is the same in all
 *  trees, and comes back after it has been gone for a while. */
export class SourceTree {
  readonly root: string;
  readonly #random: () => number;

  /** Makes the tree. */
  constructor(root: string, random: () => number) {
    this.root = root;
    this.#random = random;
    mkdirSync(root, { recursive: true });
    for (let i = 0; i < 60; i++) this.#put(ownBytes(this.#random));
    for (let i = 0; i < 10; i++) this.#put(this.#shared());
  }

  /** Changes some of it, now and then most of it. */
  change(): void {
    const count = this.#random() < 0.1 ? 60 : 1 + this.#pick(12);
    for (let i = 0; i < count; i++) this.#changeOne();
    // What is deleted or moved is made up for, so that the size stays about the same.
    for (let i = this.#paths().length; i < 60; i++) this.#put(ownBytes(this.#random));
  }

  #changeOne(): void {
    const path = this.#anyFile();
    const kind = this.#random();
    if (path === undefined || kind < 0.25) this.#put(ownBytes(this.#random));
    else if (kind < 0.45) this.#put(this.#shared());
    else if (kind < 0.65) rmSync(path);
    else if (kind < 0.75) appendFileSync(path, ownBytes(this.#random));
    else if (kind < 0.85) renameSync(path, this.#newPath());
    else if (kind < 0.9) chmodSync(path, 0o600 + this.#pick(0o100));
    else if (kind < 0.95) symlinkSync(`to ${this.#pick(1000)}`, this.#newPath());
    else rmSync(join(this.root, this.#directory()), { recursive: true, force: true });
  }

  #put(bytes: Uint8Array): void {
    writeFileSync(this.#newPath(), bytes);
  }

  #shared(): Uint8Array {
    return sharedBytes(this.#pick(SHARED_PIECES));
  }

  #newPath(): string {
    const directory = join(this.root, this.#directory());
    mkdirSync(directory, { recursive: true });
    const path = join(directory, `${this.#pick(2) === 0 ? 'file' : 'Datei ü'} ${this.#pick(500)}`);
    rmSync(path, { force: true });
    return path;
  }

  #directory(): string {
    const number = this.#pick(12);
    return number < 4 ? `d${number}` : join(`d${number % 4}`, `e${number}`);
  }

  #anyFile(): string | undefined {
    const paths = this.#paths();
    return paths[this.#pick(paths.length)];
  }

  #paths(): string[] {
    return readdirSync(this.root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  }

  #pick(below: number): number {
    return Math.floor(this.#random() * below);
  }
}

const SHARED_PIECES = 40;
const pieces = new Map<number, Uint8Array>();

/** The same bytes for the same number, in all trees. */
function sharedBytes(piece: number): Uint8Array {
  const known =
    pieces.get(piece) ?? randomBytes(SHARED_SIZES[piece % SHARED_SIZES.length] ?? 0, seededRandom(piece));
  pieces.set(piece, known);
  return known;
}

/** The last is cut into several contents. */
const SHARED_SIZES = [100, 3000, 50_000, 400_000, 6_000_000];

/** Mostly small, sometimes large, sometimes text. */
function ownBytes(random: () => number): Uint8Array {
  const kind = random();
  if (kind < 0.02) return randomBytes(4_000_000 * random(), random);
  if (kind < 0.4) return Buffer.from(`line ${random()}\n`.repeat(1 + Math.floor(2000 * random())));
  return randomBytes((kind < 0.5 ? 100_000 : 5000) * random(), random);
}

function randomBytes(length: number, random: () => number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = random() * 2 ** 32;
  return new Uint8Array(words.buffer);
}
