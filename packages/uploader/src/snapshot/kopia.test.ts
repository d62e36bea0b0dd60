import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeDirectory } from './directory.ts';
import { decodeDirectory } from './directory-parser.ts';
import { compareEntries, type DirectoryEntry, type EntryType } from './entry.ts';
import { decodeSnapshot, encodeSnapshot } from './manifest.ts';
import { byteNameFromLatin1, textOfByteName } from './names.ts';
import { summarize, totalsOf } from './totals.ts';

const hasKopia = spawnSync('kopia', ['--version']).status === 0;

describe.skipIf(!hasKopia)('directory objects of the real kopia (needs kopia on PATH)', () => {
  let scratch = '';
  let source = '';
  const kopia = (...args: string[]): Buffer =>
    execFileSync('kopia', [`--config-file=${scratch}/config`, '--password=x', '--no-progress', ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        ...process.env,
        KOPIA_CHECK_FOR_UPDATES: 'false',
        HOME: scratch,
        KOPIA_CACHE_DIRECTORY: join(scratch, 'cache'),
      },
    });

  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'holdfast-directory-'));
    source = join(scratch, 'source');
    makeOddTree(source);
    kopia('repository', 'create', 'filesystem', `--path=${scratch}/repository`);
    kopia('snapshot', 'create', source);
  });

  afterAll(() => {
    rmSync(scratch, { recursive: true, force: true });
  });

  /** Checks the directory object against the directory itself, and those below it. Returns how many there were. */
  function compare(objectId: string, directory: Buffer): number {
    const bytes = kopia('show', objectId);
    const { entries, summary } = decodeDirectory(bytes);
    const ours = entriesOf(directory, entries).toSorted(compareEntries);
    const total = summarize(totalsOf(ours), lstatOf(directory));
    expect(summary).toEqual(total);
    expect(Buffer.from(encodeDirectory(ours, total)).toString()).toBe(bytes.toString());
    return ours
      .filter(({ type }) => type === 'd')
      .reduce((count, { name, objectId: child }) => count + compare(child, pathIn(directory, name)), 1);
  }

  test('are the bytes that we make from the file system', () => {
    const [manifest]: { rootEntry: { obj: string } }[] = JSON.parse(
      kopia('snapshot', 'list', '--json', source).toString(),
    );
    expect(compare(manifest?.rootEntry.obj ?? '', Buffer.from(source))).toBe(5);
  });

  test('and its manifests are the text that we make of them', () => {
    const [listed]: { id: string }[] = JSON.parse(kopia('snapshot', 'list', '--json', source).toString());
    const text = kopia('manifest', 'show', listed?.id ?? '').toString();
    const payload: unknown = JSON.parse(text.slice(text.indexOf('\n{') + 1));
    expect(encodeSnapshot(decodeSnapshot('', payload))).toBe(JSON.stringify(payload));
  });
});

function makeOddTree(root: string): void {
  const names = [
    'a',
    'B',
    '<&>',
    '"\\',
    'ü',
    '\u2028',
    '\uffee',
    '😀',
    ' ',
    'tab\t',
    'new\nline',
    '\x7f',
    '~',
  ];
  for (const directory of ['', 'empty', 'old', 'old/🎉 <d>', 'sticky']) mkdirSync(join(root, directory));
  for (const [index, name] of names.entries()) writeFileSync(join(root, name), 'x'.repeat(index));
  // Only root can save what nobody may read.
  const modes = [...(process.getuid?.() === 0 ? [0, 0o6000] : []), 0o4755, 0o2711, 0o1777, 0o444];
  for (const mode of modes) {
    const path = join(root, `mode-${mode.toString(8)}`);
    writeFileSync(path, '');
    chmodSync(path, mode);
  }
  chmodSync(join(root, 'sticky'), 0o1777);
  writeFileSync(Buffer.from(`${root}/sticky/bad-\xff\xc3`, 'latin1'), '');
  writeFileSync(Buffer.from(`${root}/sticky/bad-\xff`, 'latin1'), '');
  symlinkSync('no/such/ü', join(root, 'link'));
  lutimesSync(join(root, 'link'), 5, 5);
  const times = [0, -86_400.5, -1];
  for (const time of times) {
    writeFileSync(join(root, 'old/🎉 <d>', String(time)), '');
    utimesSync(join(root, 'old/🎉 <d>', String(time)), time, time);
  }
  for (const directory of ['old/🎉 <d>', 'old', 'empty']) utimesSync(join(root, directory), -1000, -1000);
}

/** The entries of a directory from the file system; objects and summaries from kopia's. */
function entriesOf(directory: Buffer, stored: readonly DirectoryEntry[]): DirectoryEntry[] {
  const byText = new Map(stored.map((entry) => [textOfByteName(entry.name), entry]));
  return readdirSync(directory, 'latin1').map((latin1) => {
    const name = byteNameFromLatin1(latin1);
    const { objectId = '', summary } = byText.get(textOfByteName(name)) ?? {};
    return { name, ...lstatOf(pathIn(directory, name)), objectId, ...(summary !== undefined && { summary }) };
  });
}

function lstatOf(path: Buffer): Omit<DirectoryEntry, 'name' | 'objectId'> {
  const stats = lstatSync(path, { bigint: true });
  const type: EntryType = stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 's' : 'f';
  return {
    type,
    mode: Number(stats.mode) & 0o7777,
    size: type === 'd' ? 0 : type === 's' ? readlinkSync(path, 'buffer').length : Number(stats.size),
    mtimeNs: stats.mtimeNs,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
  };
}

function pathIn(directory: Buffer, name: string): Buffer {
  return Buffer.concat([directory, Buffer.from(`/${name}`, 'latin1')]);
}
