import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compareTree, parseNanoseconds } from './compare-tree.ts';
import type { ExpectedEntry } from './expected.ts';
import { findFixture, listFixtures, readExpected, readExpectedContents, unpackFixture } from './fixtures.ts';
import { findTool, openTool, titleFor } from './tools.ts';

describe('fixtures', () => {
  test('the project has its own, damaged ones included', () => {
    const names = listFixtures().map((fixture) => fixture.name);
    expect(names).toEqual(
      expect.arrayContaining(['rich-flat', 'format-v1', 'epochs-many', 'corrupt/flip-index']),
    );
  });

  test('their recorded counts agree with what they list', () => {
    const fixture = findFixture('rich-flat');
    const expected = readExpected(fixture);
    expect(readExpectedContents(fixture)).toHaveLength(expected.counts.contents);
    expect(expected.snapshots[0]?.entries[0]).toMatchObject({ path: '.', type: 'dir' });
  });

  test.each(['rich-flat', 'format-v1', 'epochs-many'])('%s unpacks with every blob at its time', (name) => {
    using unpacked = unpackFixture(findFixture(name));
    const marker = statSync(join(unpacked.path, 'kopia.repository.f'));
    const recorded = unpacked.expected.blobs?.find((blob) => blob.name === 'kopia.repository');
    expect(marker.size).toBe(recorded?.length);
    expect(marker.mtime.toISOString().slice(0, -2)).toBe(recorded?.mtime.slice(0, 22));
    statSync(join(unpacked.path, '.shards'));
  });
});

describe.skipIf(!findTool('kopia'))(titleFor('kopia', 'kopia reads unpacked fixtures'), () => {
  test.each(['rich-flat', 'epochs-many', 'hash-hmac-sha256-128-aes'])('%s lists every snapshot', (name) => {
    using unpacked = unpackFixture(findFixture(name));
    using kopia = openTool('kopia');
    const { expected, path } = unpacked;
    const env = { KOPIA_PASSWORD: expected.password };
    kopia.mustRun(['repository', 'connect', 'filesystem', '--path', path, '--readonly'], env);
    const snapshots: unknown = JSON.parse(kopia.mustRun(['snapshot', 'list', '--all', '--json'], env));
    const complete = expected.snapshots.filter((snapshot) => !snapshot.incomplete);
    expect(snapshots).toHaveLength(complete.length);
  });
});

describe('comparing trees', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'holdfast-compare-'));
    mkdirSync(join(root, 'd'));
    writeFileSync(join(root, 'd/f'), 'abc', { mode: 0o640 });
    symlinkSync('f', join(root, 'd/l'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const common = {
    storedMode: null,
    uid: 0,
    gid: 0,
    mtime: '1970-01-01T00:00:00Z',
    mtimeOmitted: true,
    object: '',
  };
  const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  const file: ExpectedEntry = { ...common, path: 'd/f', type: 'file', mode: '0640', size: 3, sha256 };
  const tree: readonly ExpectedEntry[] = [
    { ...common, path: '.', type: 'dir', mode: '0700' },
    { ...common, path: 'd', type: 'dir', mode: '0755' },
    file,
    { ...common, path: 'd/l', type: 'symlink', mode: '0777', target: 'f' },
  ];
  const options = { owners: false };

  test('finds nothing in an exact copy', () => {
    expect(compareTree(tree, root, options)).toEqual([]);
  });

  test('finds wrong data, modes, targets, times, missing and additional entries', () => {
    writeFileSync(join(root, 'd/f'), 'abd');
    chmodSync(join(root, 'd'), 0o711);
    rmSync(join(root, 'd/l'));
    writeFileSync(join(root, 'extra'), '');
    expect(compareTree(tree, root, options)).toEqual([
      'd: mode is 711, not 755',
      expect.stringMatching(/^d\/f: sha256 is /),
      'd/l: missing',
      'extra: not expected',
    ]);
    const timed = { ...file, mtime: '2020-01-01T00:00:00.000000001Z', mtimeOmitted: false };
    expect(compareTree([timed], root, options)).toContainEqual(
      expect.stringMatching(/^d\/f: mtime is \d+, not 1577836800000000001$/),
    );
  });

  test('accepts a damaged file only when it does not look whole', () => {
    const failing = new Set(['d/f']);
    expect(compareTree(tree, root, { ...options, failing })).toEqual([
      'd/f: restored at full size although damaged',
    ]);
    rmSync(join(root, 'd/f'));
    expect(compareTree(tree, root, { ...options, failing })).toEqual([]);
  });
});

test('times keep their nanoseconds, also before the epoch', () => {
  expect(parseNanoseconds('1970-01-01T00:00:01.5Z')).toBe(1_500_000_000n);
  expect(parseNanoseconds('1969-12-31T23:59:59.999999999Z')).toBe(-1n);
});
