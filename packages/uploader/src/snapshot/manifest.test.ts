import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { uploaderErrorCode } from '../errors.ts';
import { decodeSnapshot, encodeSnapshot, type SnapshotManifest, snapshotLabels } from './manifest.ts';
import { previousSnapshots } from './previous.ts';
import { formatSource, GLOBAL_SOURCE, parseSource } from './source.ts';

interface GoldenManifest {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly payload: unknown;
}

const FIXTURES = new URL('../../../../test/fixtures/kopia/', import.meta.url);

function goldenSnapshots(): readonly GoldenManifest[] {
  return readdirSync(FIXTURES)
    .filter((name) => name !== 'corrupt')
    .flatMap((name) => {
      const text = readFileSync(new URL(`${name}/expected.json`, FIXTURES), 'utf8');
      const { manifests }: { manifests: GoldenManifest[] } = JSON.parse(text);
      return manifests.filter(({ labels }) => labels['type'] === 'snapshot');
    });
}

const TAGGED =
  '{"id":"","source":{"host":"h","userName":"u","path":"/home/<u>"},"description":"tagged",' +
  '"startTime":"2026-11-23T07:45:52.464732868Z","endTime":"2026-11-23T07:45:52.472276027Z",' +
  '"stats":{"totalSize":76356,"excludedTotalSize":16,"fileCount":41,"cachedFiles":0,"nonCachedFiles":41,"dirCount":11,' +
  '"excludedFileCount":4,"excludedDirCount":2,"ignoredErrorCount":0,"errorCount":0},"incomplete":"limit reached",' +
  '"rootEntry":{"name":"ü","type":"d","mode":"0755","mtime":"2026-11-23T07:45:48.792957531Z","obj":"ke4","summ":{"size":76356,' +
  '"files":41,"symlinks":1,"dirs":11,"maxTime":"2026-11-23T07:45:48.793011672Z","numFailed":0}},' +
  '"tags":{"tag:release":"v1","tag:team":"ops"},"pins":["audit","keep-me"],"future":{"a":[1,null,"<"],"b":true}}';

function escapeHtml(json: string): string {
  return json.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e');
}

describe('snapshot manifests', () => {
  test('of golden repositories come out as kopia wrote them', () => {
    const golden = goldenSnapshots();
    expect(golden.length).toBeGreaterThan(10);
    for (const { id, labels, payload } of golden) {
      const snapshot = decodeSnapshot(id, payload);
      expect(encodeSnapshot(snapshot)).toBe(JSON.stringify(payload));
      expect(snapshotLabels(snapshot)).toEqual(labels);
    }
  });

  test('keep every field, also those we do not know', () => {
    const snapshot = decodeSnapshot('x', JSON.parse(TAGGED));
    expect(encodeSnapshot(snapshot)).toBe(escapeHtml(TAGGED));
    expect(snapshot).toMatchObject({ id: 'x', incomplete: 'limit reached', pins: ['audit', 'keep-me'] });
  });

  test('need no more than an object', () => {
    expect(decodeSnapshot('x', { rootEntry: null, pins: null, tags: null, stats: null })).toMatchObject({
      pins: [],
      tags: {},
      startTimeNs: 0n,
    });
  });

  test.each([
    null,
    [],
    'x',
    { pins: [1] },
    { tags: { a: 1 } },
    { startTime: 'now' },
    { stats: { fileCount: 0.5 } },
  ])('%j is corrupt', (payload) => {
    expect(codeOf(() => decodeSnapshot('x', payload))).toBe('SNAPSHOT_CORRUPT');
  });

  test('a tag cannot replace a label of the source', () => {
    const snapshot = decodeSnapshot('x', JSON.parse(TAGGED));
    expect(snapshotLabels(snapshot)).toMatchObject({
      type: 'snapshot',
      path: '/home/<u>',
      'tag:team': 'ops',
    });
    expect(codeOf(() => snapshotLabels({ ...snapshot, tags: { path: '/' } }))).toBe('SNAPSHOT_INVALID');
    expect(codeOf(() => snapshotLabels({ ...snapshot, source: GLOBAL_SOURCE }))).toBe('SNAPSHOT_INVALID');
  });
});

describe('previousSnapshots', () => {
  const at = (start: bigint, incomplete?: string): SnapshotManifest => ({
    ...decodeSnapshot(String(start), {}),
    startTimeNs: start,
    ...(incomplete !== undefined && { incomplete }),
  });
  const starts = (list: readonly SnapshotManifest[]): bigint[] => list.map(({ startTimeNs }) => startTimeNs);
  const history = [at(7n, 'checkpoint'), at(1n), at(5n), at(3n, 'canceled'), at(6n, 'canceled'), at(2n)];

  test('are the latest complete one and the incomplete ones after it', () => {
    expect(starts(previousSnapshots(history))).toEqual([5n, 7n, 6n]);
  });

  test('leave out what started later than asked', () => {
    expect(starts(previousSnapshots(history, 6n))).toEqual([5n, 6n]);
    expect(starts(previousSnapshots(history, 4n))).toEqual([2n, 3n]);
    expect(starts(previousSnapshots(history, 0n))).toEqual([]);
  });

  test('can all be incomplete', () => {
    expect(starts(previousSnapshots([at(3n, 'canceled')]))).toEqual([3n]);
  });
});

describe('sources', () => {
  const local = { host: 'here', userName: 'me', cwd: '/work/dir' };

  test.each([
    ['u@h:/a/b', { userName: 'u', host: 'h', path: '/a/b' }],
    ['u@h', { userName: 'u', host: 'h', path: '' }],
    ['@h', { userName: '', host: 'h', path: '' }],
    ['(global)', GLOBAL_SOURCE],
  ])('%s is itself', (text, source) => {
    expect(parseSource(text, local)).toEqual(source);
    expect(formatSource(source)).toBe(text);
  });

  test.each([
    ['/a/../b/', '/b'],
    ['.', '/work/dir'],
    ['x:y', '/work/dir/x:y'],
    [':a@b', '/work/dir/:a@b'],
  ])('%s is the local path %s', (text, path) => {
    expect(parseSource(text, local)).toEqual({ host: 'here', userName: 'me', path });
  });

  test('an empty host is refused', () => {
    expect(codeOf(() => parseSource('u@', local))).toBe('SOURCE_INVALID');
  });
});

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return uploaderErrorCode(error);
  }
}
