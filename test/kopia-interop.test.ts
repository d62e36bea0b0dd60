import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

import type { NewFormat } from '@holdfast/repository';
import { EMPTY_POLICY, GLOBAL_SOURCE, listSnapshots, readEntries, savePolicy } from '@holdfast/uploader';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { compareDirectories } from './support/compare-directories.ts';
import {
  backUp,
  createLocal,
  openLocal,
  openScratch,
  restore,
  type Scratch,
  verifyAll,
} from './support/repository.ts';
import { findTool, openTool, titleFor, type Tool } from './support/tools.ts';

/** What of kopia's `--json` output is looked at. */
interface KopiaSnapshot {
  readonly id: string;
  readonly rootEntry: { readonly obj: string };
}

let scratch: Scratch;
beforeAll(() => {
  scratch = openScratch();
});
afterAll(() => scratch[Symbol.dispose]());

/** Bytes that neither compress nor repeat. */
function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0, state = seed; i + 4 <= length; i += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes.writeInt32LE(state ^ (state >>> 15), i);
  }
  return bytes;
}

/** A tree that kopia can express as a whole. */
function writePlainTree(name: string): string {
  const root = scratch.at(name);
  mkdirSync(`${root}/empty`, { recursive: true });
  mkdirSync(`${root}/deep/er/and/deeper`, { recursive: true });
  for (const odd of [
    '<>&.txt',
    'line\u2028separator',
    'new\nline',
    'ü',
    'quote"\\',
    ' ',
    '-rf',
    '💾',
    '.hidden',
    'a\tb',
  ])
    writeFileSync(`${root}/${odd}`, `in ${odd}`);
  writeFileSync(`${root}/nothing`, '');
  writeFileSync(`${root}/large`, noise(12 << 20));
  for (let i = 0; i < 300; i++) writeFileSync(`${root}/deep/er/${i}`, String(i));
  symlinkSync('../large', `${root}/deep/link`);
  symlinkSync('no where <&>', `${root}/dangling`);
  writeFileSync(`${root}/old`, 'from before the epoch');
  utimesSync(`${root}/old`, -100.5, -100.5);
  writeFileSync(`${root}/epoch`, 'zero');
  utimesSync(`${root}/epoch`, 0, 0);
  lutimesSync(`${root}/dangling`, 1000.25, 1000.25);
  for (const [mode, file] of [
    [0o4755, 'setuid'],
    [0o2755, 'setgid'],
    [0o1644, 'sticky'],
    [0, 'closed'],
  ] as const) {
    writeFileSync(`${root}/${file}`, file);
    chmodSync(`${root}/${file}`, mode);
  }
  chmodSync(`${root}/deep/er`, 0o1777);
  chmodSync(`${root}/deep/er/and`, 0o2750);
  return root;
}

/** What kopia leaves out or stores in its own way. */
function addExtras(root: string): void {
  writeFileSync(Buffer.from(`${root}/not-utf8-\xff\xfe`, 'latin1'), 'bytes');
  mkdirSync(Buffer.from(`${root}/dir-\xe9`, 'latin1'));
  linkSync(`${root}/large`, `${root}/deep/same-as-large`);
  execFileSync('mkfifo', [`${root}/fifo`]);
  const sparse = openSync(`${root}/sparse`, 'w');
  ftruncateSync(sparse, 30 << 20);
  writeSync(sparse, 'in the middle', 10 << 20);
  closeSync(sparse);
}

/** kopia, connected to the repository at `path`. */
function connectKopia(path: string): Tool {
  const kopia = openTool('kopia');
  kopia.mustRun([
    'repository',
    'connect',
    'filesystem',
    '--path',
    path,
    '--override-username',
    'user',
    '--override-hostname',
    'host',
  ]);
  return kopia;
}

function snapshotWithKopia(kopia: Tool, source: string): KopiaSnapshot {
  // What the tool prints.
  return JSON.parse(kopia.mustRun(['snapshot', 'create', '--json', source])) as KopiaSnapshot;
}

function verifyWithKopia(kopia: Tool): void {
  kopia.mustRun(['snapshot', 'verify', '--verify-files-percent=100']);
}

function restoreWithKopia(kopia: Tool, id: string, name: string): string {
  const target = scratch.at(name);
  kopia.mustRun(['snapshot', 'restore', id, target]);
  return target;
}

const formats: readonly (readonly [string, NewFormat])[] = [
  ['the defaults', {}],
  ['BLAKE2B-256-128', { hash: 'BLAKE2B-256-128' }],
  ['BLAKE3-256 and ChaCha20', { hash: 'BLAKE3-256', encryption: 'CHACHA20-POLY1305-HMAC-SHA256' }],
  ['format 1', { formatVersion: 1 }],
  ['format 2', { formatVersion: 2 }],
  ['error correction', { eccOverheadPercent: 10 }],
  ['another splitter', { splitter: 'DYNAMIC-1M-BUZHASH' }],
];

const present = findTool('kopia') !== undefined;
describe.skipIf(!present)(titleFor('kopia', 'a plain tree'), () => {
  let tree = '';
  beforeAll(() => {
    tree = writePlainTree('plain');
  });

  test.each(formats)('is the same to both with %s', { timeout: 120_000 }, async (name, format) => {
    const path = scratch.at(`plain ${name}`);
    let repository = await createLocal(path, format);
    const ours = await backUp(repository, tree);
    expect(ours.failedCount).toBe(0);
    await repository.close();

    using kopia = connectKopia(path);
    verifyWithKopia(kopia);
    const theirs = snapshotWithKopia(kopia, tree);
    expect(theirs.rootEntry.obj).toBe(ours.snapshot.rootEntry?.objectId);
    const restored = restoreWithKopia(kopia, ours.snapshot.id, `plain-kopia ${name}`);
    const theirOwn = restoreWithKopia(kopia, theirs.id, `plain-theirs ${name}`);
    expect(compareDirectories(theirOwn, restored)).toEqual([]);

    repository = await openLocal(path);
    expect((await listSnapshots(repository)).map(({ id }) => id)).toContain(theirs.id);
    expect(await verifyAll(repository)).toEqual([]);
    const snapshots = await listSnapshots(repository);
    const last = snapshots.find(({ id }) => id === theirs.id);
    expect(last?.stats).toMatchObject({ nonCachedFiles: 0, errorCount: 0 });
    expect(last?.stats.cachedFiles).toBeGreaterThan(300);
    if (last !== undefined) await restore(repository, last, scratch.at(`plain-back ${name}`));
    expect(compareDirectories(tree, scratch.at(`plain-back ${name}`))).toEqual([]);
    const again = await backUp(repository, tree);
    expect(again.progress.hashedFiles).toBe(0);
    await repository.close();
    verifyWithKopia(kopia);
  });

  test.each(['zstd-fastest', 's2-default', 'gzip'])(
    'is read by kopia when packed with %s',
    { timeout: 60_000 },
    async (compressorName) => {
      const path = scratch.at(`packed ${compressorName}`);
      const repository = await createLocal(path);
      await savePolicy(repository, GLOBAL_SOURCE, { ...EMPTY_POLICY, compression: { compressorName } });
      const { snapshot } = await backUp(repository, tree);
      await repository.close();
      using kopia = connectKopia(path);
      verifyWithKopia(kopia);
      const theirs = snapshotWithKopia(kopia, tree);
      expect(theirs.rootEntry.obj).toBe(snapshot.rootEntry?.objectId);
    },
  );

  test('has the same large file in parts of a size', { timeout: 60_000 }, async () => {
    const path = scratch.at('in-parts');
    mkdirSync(scratch.at('in-parts-tree'));
    writeFileSync(scratch.at('in-parts-tree', 'file'), noise(75 << 20, 7));
    const repository = await createLocal(path);
    const upload = { parallelUploadAboveSize: 10 << 20 };
    await savePolicy(repository, GLOBAL_SOURCE, { ...EMPTY_POLICY, upload });
    const { snapshot } = await backUp(repository, scratch.at('in-parts-tree'));
    await repository.close();
    using kopia = connectKopia(path);
    const env = ['snapshot', 'create', '--json', '--force-hash=100', scratch.at('in-parts-tree')];
    const theirs = JSON.parse(kopia.mustRun(env)) as KopiaSnapshot; // as above
    expect(theirs.rootEntry.obj).toBe(snapshot.rootEntry?.objectId);
    verifyWithKopia(kopia);
  });
});

describe.skipIf(!present)(titleFor('kopia', 'a tree with what kopia has no place for'), () => {
  test('is verified and restored by kopia as if it had none', { timeout: 120_000 }, async () => {
    const tree = writePlainTree('extra');
    addExtras(tree);
    const path = scratch.at('extra-repo');
    let repository = await createLocal(path);
    const ours = await backUp(repository, tree);
    expect(ours.failedCount).toBe(0);
    const target = scratch.at('extra-ours');
    const result = await restore(repository, ours.snapshot, target);
    expect([result.failed, result.problems]).toEqual([[], []]);
    expect(compareDirectories(tree, target)).toEqual([]);
    await repository.close();

    using kopia = connectKopia(path);
    verifyWithKopia(kopia);
    const theirs = snapshotWithKopia(kopia, tree);
    const restored = restoreWithKopia(kopia, ours.snapshot.id, 'extra-kopia');
    const theirOwn = restoreWithKopia(kopia, theirs.id, 'extra-theirs');
    const differences = compareDirectories(theirOwn, restored);
    expect(differences.filter((line) => !line.includes('not-utf8') && !line.includes('dir-'))).toEqual([]);

    repository = await openLocal(path);
    expect(await verifyAll(repository)).toEqual([]);
    const [a, b] = await Promise.all(
      [ours.snapshot.rootEntry?.objectId, theirs.rootEntry.obj].map(async (id = '') => {
        const entries = await Array.fromAsync(readEntries(repository.contents, id));
        return new Map(
          entries.filter(({ type }) => type !== 'd').map((entry) => [entry.name, entry.objectId]),
        );
      }),
    );
    for (const [name, objectId] of b ?? []) if (a?.has(name)) expect(a.get(name)).toBe(objectId);
    await repository.close();
  });
});
