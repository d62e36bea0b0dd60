import {
  type BigIntStats,
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs';

/** What is the same or not of two trees. */
export interface DirectoryComparison {
  /** Names that two files share must be shared in both; default true. */
  readonly hardLinks?: boolean;
  readonly owners?: boolean;
}

/** Every way in which the tree at `actual` differs from the one at `expected`; empty when it is exact. Names are compared
 *  as bytes; compares type, permissions, owner, times to the nanosecond, data, link targets and hard links. */
export function compareDirectories(
  expected: string,
  actual: string,
  options: DirectoryComparison = {},
): readonly string[] {
  return new Comparison(options).run(Buffer.from(expected), Buffer.from(actual));
}

class Comparison {
  readonly #options: DirectoryComparison;
  readonly #differences: string[] = [];
  /** Inode in the actual tree for each inode with several names. */
  readonly #links = new Map<bigint, bigint>();

  constructor(options: DirectoryComparison) {
    this.#options = options;
  }

  run(expected: Buffer, actual: Buffer): readonly string[] {
    this.#visit(expected, actual);
    return this.#differences;
  }

  #visit(expected: Buffer, actual: Buffer): void {
    const want = lstatSync(expected, { bigint: true });
    const is = lstatSync(actual, { bigint: true, throwIfNoEntry: false });
    if (is === undefined) return this.#differ(expected, 'is missing');
    for (const [what, pick] of Object.entries(attributes)) {
      if (what === 'owner' && this.#options.owners === false) continue;
      if (pick(want) !== pick(is)) this.#differ(expected, `${what} is ${pick(is)}, not ${pick(want)}`);
    }
    if (this.#options.hardLinks !== false) this.#compareLinks(expected, want, is);
    if (want.isDirectory() && is.isDirectory()) this.#visitChildren(expected, actual);
    else if (want.isFile() && is.isFile() && !sameBytes(expected, actual))
      this.#differ(expected, 'has other data');
    else if (want.isSymbolicLink() && is.isSymbolicLink() && linkOf(expected) !== linkOf(actual))
      this.#differ(expected, `leads to ${linkOf(actual)}, not ${linkOf(expected)}`);
  }

  #compareLinks(path: Buffer, want: BigIntStats, is: BigIntStats): void {
    if (want.isDirectory()) return;
    if (want.nlink !== is.nlink) this.#differ(path, `has ${is.nlink} names, not ${want.nlink}`);
    if (want.nlink === 1n) return;
    const known = this.#links.get(want.ino);
    if (known === undefined) this.#links.set(want.ino, is.ino);
    else if (known !== is.ino) this.#differ(path, 'is another file than its other names');
  }

  #visitChildren(expected: Buffer, actual: Buffer): void {
    const names = readdirSync(expected, { encoding: 'buffer' });
    const known = new Set(names.map((name) => name.toString('latin1')));
    for (const name of names) this.#visit(join(expected, name), join(actual, name));
    for (const name of readdirSync(actual, { encoding: 'buffer' }))
      if (!known.has(name.toString('latin1'))) this.#differ(join(expected, name), 'should not be there');
  }

  #differ(path: Buffer, what: string): void {
    this.#differences.push(`${path.toString()}: ${what}`);
  }
}

const attributes: Record<string, (stats: BigIntStats) => string> = {
  mode: ({ mode }) => mode.toString(8),
  owner: ({ uid, gid }) => `${uid}:${gid}`,
  mtime: ({ mtimeNs }) => String(mtimeNs),
  size: (stats) => (stats.isDirectory() ? '' : String(stats.size)),
  device: ({ rdev }) => String(rdev),
};

function join(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat([directory, Buffer.from('/'), name]);
}

function linkOf(path: Buffer): string {
  return readlinkSync(path, { encoding: 'buffer' }).toString('latin1');
}

const one = Buffer.alloc(1 << 20);
const other = Buffer.alloc(1 << 20);

function sameBytes(a: Buffer, b: Buffer): boolean {
  const left = openSync(a, 'r');
  const right = openSync(b, 'r');
  try {
    for (;;) {
      const count = readSync(left, one);
      if (readSync(right, other) !== count || one.compare(other, 0, count, 0, count) !== 0) return false;
      if (count === 0) return true;
    }
  } finally {
    closeSync(left);
    closeSync(right);
  }
}
