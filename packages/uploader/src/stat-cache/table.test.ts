import { readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { systemClock } from '@holdfast/repository';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../repository/src/testing/temporary-directory.ts';
import { StatRecorder } from './recorder.ts';
import { RECORD_BYTES, StatTable } from './table.ts';
import { tablePath } from './table-files.ts';

const DAY_MS = 86_400_000;
const half = RECORD_BYTES / 2;

/** A table of random records. */
function tableOf(directory: string, count: number): { readonly file: string; readonly records: Buffer } {
  const file = tablePath(directory, '/root');
  const records = randomBytes(count * RECORD_BYTES);
  using recorder = new StatRecorder(file);
  for (let at = 0; at < count; at += 100)
    recorder.add(records.subarray(at * RECORD_BYTES, (at + 100) * RECORD_BYTES));
  recorder.finish(Date.UTC(2026, 0, 1));
  return { file, records };
}

function found(file: string, records: Buffer): number {
  const table = StatTable.open(file);
  let count = 0;
  for (let at = 0; at < records.length; at += RECORD_BYTES) {
    const digest = table?.find(records.subarray(at, at + half));
    if (digest === undefined) continue;
    expect(digest).toEqual(new Uint8Array(records.subarray(at + half, at + RECORD_BYTES)));
    count++;
  }
  return count;
}

describe('a table of directories', () => {
  it.each([1, 44, 3000])('finds each of %i', (count) => {
    using directory = temporaryDirectory();
    const { file, records } = tableOf(directory.path, count);
    expect(found(file, records)).toBeGreaterThanOrEqual(count * 0.99);
    expect(StatTable.open(file)?.find(randomBytes(half))).toBeUndefined();
    expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)]);
  });

  it('is made in parts when it is large, and misses hardly any', () => {
    using directory = temporaryDirectory();
    const { file, records } = tableOf(directory.path, 100_000);
    expect(found(file, records)).toBeGreaterThan(99_500);
  });

  it.each([
    ['is cut', (file: string) => truncateSync(file, 100)],
    ['is empty', (file: string) => truncateSync(file, 0)],
    ['is something else', (file: string) => writeFileSync(file, randomBytes(4096))],
    [
      'claims to have no buckets',
      (file: string) => writeFileSync(file, readFileSync(file).fill(0, 8, 12).subarray(0, 16)),
    ],
  ])('is none when it %s', (_, damage) => {
    using directory = temporaryDirectory();
    const { file } = tableOf(directory.path, 100);
    damage(file);
    expect(StatTable.open(file)).toBeUndefined();
  });

  it('stays as it was when a backup fails', () => {
    using directory = temporaryDirectory();
    const { file, records } = tableOf(directory.path, 10);
    {
      using recorder = new StatRecorder(file);
      recorder.add(randomBytes(RECORD_BYTES));
    }
    expect(found(file, records)).toBe(10);
    expect(readdirSync(path.dirname(file))).toHaveLength(1);
  });

  it('goes when its tree was not saved for long, and what a crash left goes too', () => {
    using directory = temporaryDirectory();
    const { file } = tableOf(directory.path, 10);
    const [old, left, young] = [`${file}0`, `${file}1.tmp.0`, `${file}2`];
    for (const name of [old, left, young]) writeFileSync(name, '');
    for (const name of [old, left]) utimesSync(name, 0, 0);
    using recorder = new StatRecorder(file);
    recorder.finish(systemClock.nowMs() + DAY_MS);
    expect(readdirSync(path.dirname(file)).toSorted()).toEqual(
      [file, young].map((name) => path.basename(name)),
    );
  });

  it('is not made where nothing can be written', () => {
    using directory = temporaryDirectory();
    const file = path.join(directory.path, 'file');
    writeFileSync(file, '');
    const table = path.join(file, 'table');
    using recorder = new StatRecorder(table);
    recorder.add(randomBytes(RECORD_BYTES));
    recorder.finish(0);
    expect(StatTable.open(table)).toBeUndefined();
  });
});
