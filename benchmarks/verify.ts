import { closeSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

const blockBytes = 1 << 20;
const blocks = [Buffer.alloc(blockBytes), Buffer.alloc(blockBytes)] as const;

/** Throws unless `restored` holds the same names, data, permissions and file times as `source`. */
export function verifyRestored(source: string, restored: string): void {
  const names = readdirSync(source).sort();
  if (names.join('\0') !== readdirSync(restored).sort().join('\0')) fail(restored, 'names');
  for (const name of names) {
    const [left, right] = [join(source, name), join(restored, name)];
    const [want, is] = [lstatSync(left, { bigint: true }), lstatSync(right, { bigint: true })];
    if (want.mode !== is.mode) fail(right, 'mode');
    if (want.isDirectory()) {
      verifyRestored(left, right);
      continue;
    }
    if (want.mtimeNs !== is.mtimeNs) fail(right, 'mtime');
    if (want.size !== is.size || !hasSameData(left, right)) fail(right, 'data');
  }
}

function hasSameData(left: string, right: string): boolean {
  const files = [openSync(left, 'r'), openSync(right, 'r')] as const;
  try {
    for (;;) {
      const lengths = [readSync(files[0], blocks[0]), readSync(files[1], blocks[1])] as const;
      if (lengths[0] !== lengths[1]) return false;
      if (lengths[0] === 0) return true;
      if (blocks[0].compare(blocks[1], 0, lengths[1], 0, lengths[0]) !== 0) return false;
    }
  } finally {
    for (const file of files) closeSync(file);
  }
}

function fail(path: string, what: string): never {
  throw new Error(`restored data is not what was backed up: ${what} of ${path}`);
}
