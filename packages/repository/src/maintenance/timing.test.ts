import { describe, expect, it } from 'vitest';

import { addRun, EMPTY_SCHEDULE, type MaintenanceSchedule } from '../format/maintenance-blob.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';
import { SAFETY } from './safety.ts';
import type { MaintenanceTask } from './tasks.ts';
import { dueMode, mayDeleteBlobs, mayRewrite, nsOfMs, safeDropTimeMs, scheduleNext } from './timing.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 0, 10);

type Run = readonly [task: MaintenanceTask, startHours: number, endHours?: number, success?: boolean];

/** A history; hours count back from now. */
function history(...runs: readonly Run[]): MaintenanceSchedule {
  return runs.reduce((schedule, [task, start, end = start, success = true]) => {
    const [startNs, endNs] = [nsOfMs(NOW - start * HOUR), nsOfMs(NOW - end * HOUR)];
    return addRun(schedule, task, { startNs, endNs, success, error: '', unknown: {} });
  }, EMPTY_SCHEDULE);
}

describe('safeDropTimeMs', () => {
  const drop = (schedule: MaintenanceSchedule): number | undefined =>
    safeDropTimeMs(schedule, SAFETY.full, NOW);

  it('is not known before there are two collections', () => {
    expect(drop(EMPTY_SCHEDULE)).toBeUndefined();
    expect(drop(history(['snapshot-gc', 1]))).toBeUndefined();
  });

  it('is an hour before the start of one that ended more than four hours before the latest began', () => {
    expect(drop(history(['snapshot-gc', 30, 29], ['snapshot-gc', 1]))).toBe(NOW - 31 * HOUR);
  });

  it('passes over collections that were too close to the latest', () => {
    expect(drop(history(['snapshot-gc', 5], ['snapshot-gc', 1]))).toBeUndefined();
    expect(drop(history(['snapshot-gc', 30], ['snapshot-gc', 3], ['snapshot-gc', 1]))).toBe(NOW - 31 * HOUR);
  });

  it('goes by when a collection ended, not when it began', () => {
    expect(drop(history(['snapshot-gc', 30, 4], ['snapshot-gc', 1]))).toBeUndefined();
  });

  it('does not count collections that failed', () => {
    expect(drop(history(['snapshot-gc', 30, 30, false], ['snapshot-gc', 1]))).toBeUndefined();
    expect(drop(history(['snapshot-gc', 30], ['snapshot-gc', 1, 1, false]))).toBeUndefined();
  });

  it('is now where nobody else writes', () => {
    expect(safeDropTimeMs(EMPTY_SCHEDULE, SAFETY.none, NOW)).toBe(NOW);
  });
});

describe('rewriting and deleting', () => {
  it('take turns', () => {
    expect(mayRewrite(EMPTY_SCHEDULE, 'full', SAFETY.full)).toBe(true);
    expect(mayDeleteBlobs(EMPTY_SCHEDULE, SAFETY.full, NOW)).toBe(true);
    const rewritten = history(['full-rewrite-contents', 0.5]);
    expect(mayRewrite(rewritten, 'full', SAFETY.full)).toBe(false);
    expect(mayDeleteBlobs(rewritten, SAFETY.full, NOW)).toBe(false);
    expect(mayDeleteBlobs(rewritten, SAFETY.none, NOW)).toBe(true);
    expect(mayDeleteBlobs(history(['full-rewrite-contents', 1]), SAFETY.full, NOW)).toBe(true);
    const deleted = history(['full-rewrite-contents', 3], ['full-delete-blobs', 1]);
    expect(mayRewrite(deleted, 'full', SAFETY.full)).toBe(true);
  });

  it('lets a full rewrite follow a quick one, but not the other way round', () => {
    expect(mayRewrite(history(['quick-rewrite-contents', 1]), 'full', SAFETY.full)).toBe(true);
    expect(mayRewrite(history(['full-rewrite-contents', 1]), 'quick', SAFETY.full)).toBe(false);
  });
});

describe('the schedule', () => {
  it('is due when it was never set', () => {
    expect(dueMode(EMPTY_SCHEDULE, DEFAULT_PARAMETERS, NOW)).toBe('full');
  });

  it('asks for quick maintenance in between, unless that is turned off', () => {
    const next = scheduleNext(EMPTY_SCHEDULE, 'full', DEFAULT_PARAMETERS, NOW);
    expect(dueMode(next, DEFAULT_PARAMETERS, NOW + HOUR - 1)).toBeUndefined();
    expect(dueMode(next, DEFAULT_PARAMETERS, NOW + HOUR)).toBe('quick');
    expect(dueMode(next, DEFAULT_PARAMETERS, NOW + 24 * HOUR)).toBe('full');
    const onlyFull = { ...DEFAULT_PARAMETERS, quick: { enabled: false, intervalMs: HOUR } };
    expect(dueMode(next, onlyFull, NOW + HOUR)).toBeUndefined();
  });

  it('does not put off full maintenance when a quick one begins', () => {
    const next = scheduleNext(EMPTY_SCHEDULE, 'quick', DEFAULT_PARAMETERS, NOW);
    expect(dueMode(next, DEFAULT_PARAMETERS, NOW)).toBe('full');
  });
});
