import { describe, expect, it } from 'vitest';

import { parseBlobId } from '../blob/blob-id.ts';
import type { BlobMetadata } from '../blob/storage.ts';
import { mayDeleteBlob } from './blob-gc.ts';
import { DEFAULT_BREAKER, measureBreaker, measureUnindexed } from './breaker.ts';
import { type ContentGcSummary, judgeContent } from './content-gc.ts';
import { planDropDeleted } from './drop-deleted.ts';
import { planLegacyCleanup, planLegacyCompaction, planLegacyDrop } from './legacy-compaction.ts';
import { planLogCleanup } from './log-cleanup.ts';
import { DEFAULT_LOG_RETENTION } from './parameters.ts';
import { NOTHING } from './parts.ts';
import { shortPackBytes } from './rewrite.ts';
import { SAFETY } from './safety.ts';
import { sessionOfBlob } from './sessions.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 0, 10);

function blob(name: string, { length = 1, ageHours = 0 } = {}): BlobMetadata {
  return { id: parseBlobId(name), length, timestampMs: NOW - ageHours * HOUR };
}

describe('judgeContent', () => {
  const times = { startMs: NOW, minContentAgeMs: 24 * HOUR };
  const entry = (ageHours: number, deleted = false) => ({
    timestampSeconds: NOW / 1000 - ageHours * 3600,
    deleted,
  });

  it.each([
    [30, false, true, 'in-use'],
    [30, true, true, 'undelete'],
    [30, false, false, 'unused'],
    [24, false, false, 'unused'],
    [23, false, false, 'recent'],
    [1, true, false, 'deleted'],
  ])('of age %i h, deleted %s, marked %s: %s', (ageHours, deleted, isMarked, verdict) => {
    expect(judgeContent(entry(ageHours, deleted), { isSystem: false, isMarked }, times)).toBe(verdict);
  });

  it('never touches manifests, and nothing written since the start', () => {
    expect(judgeContent(entry(99), { isSystem: true, isMarked: false }, times)).toBe('system');
    const careless = { startMs: NOW, minContentAgeMs: 0 };
    expect(judgeContent(entry(-1), { isSystem: false, isMarked: false }, careless)).toBe('recent');
  });
});

describe('measureBreaker', () => {
  const summary = (unused: number, inUse: number): ContentGcSummary => ({
    system: NOTHING,
    undelete: NOTHING,
    recent: NOTHING,
    deleted: NOTHING,
    unused: { count: unused, bytes: 0 },
    'in-use': { count: inUse, bytes: 0 },
  });

  it.each([
    [999, 0, false],
    [1000, 0, true],
    [3000, 7000, false],
    [3001, 7000, true],
    [0, 0, false],
  ])('of %i unused beside %i used: %s', (unused, inUse, isTripped) => {
    expect(measureBreaker(summary(unused, inUse), DEFAULT_BREAKER).isTripped).toBe(isTripped);
  });
});

describe('measureUnindexed', () => {
  it.each([
    [0, 10, 30, true, false],
    [1, 99_999, 30, true, true],
    [50, 50, 99, true, true],
    [50, 50, 100, true, false],
    [999, 0, 30, false, false],
    [1000, 0, 30, false, true],
    [1000, 9000, 30, false, false],
    [1000, 1000, 60, false, false],
  ])('of %i beside %i, at most %i %%, epochs %s: %s', (unindexed, live, percent, hasEpochs, isTripped) => {
    const breaker = { ...DEFAULT_BREAKER, maxDeletePercent: percent };
    expect(measureUnindexed({ unindexed, live }, breaker, { hasEpochs }).isTripped).toBe(isTripped);
  });
});

describe('mayDeleteBlob', () => {
  const facts = { startMs: NOW, sessions: new Map<string, number>(), safety: SAFETY.full };

  it('waits a day', () => {
    expect(mayDeleteBlob(blob('pab-s1', { ageHours: 25 }), facts)).toBe(true);
    expect(mayDeleteBlob(blob('pab-s1', { ageHours: 23 }), facts)).toBe(false);
  });

  it('keeps what was stored since the start, whatever the ages', () => {
    const careless = { ...facts, safety: SAFETY.none };
    expect(mayDeleteBlob(blob('pab-s1', { ageHours: 0 }), careless)).toBe(true);
    expect(mayDeleteBlob(blob('pab-s1', { ageHours: -0.01 }), careless)).toBe(false);
  });

  it('keeps packs of sessions that gave a sign of life within four days', () => {
    const seen = (hours: number) => ({ ...facts, sessions: new Map([['s1', NOW - hours * HOUR]]) });
    expect(mayDeleteBlob(blob('pab-s1', { ageHours: 50 }), seen(95))).toBe(false);
    expect(mayDeleteBlob(blob('pab-s1', { ageHours: 50 }), seen(97))).toBe(true);
    expect(mayDeleteBlob(blob('pab-s2', { ageHours: 50 }), seen(1))).toBe(true);
  });

  it.each([
    ['pabc-s12-c1', 's12'],
    ['pabc', undefined],
    ['sabc-s9', 's9'],
    ['xn0_ab-s9-c1', 's9'],
  ])('takes the session of %s to be %s', (name, session) => {
    expect(sessionOfBlob(name)).toBe(session);
  });
});

describe('planDropDeleted', () => {
  it('never goes back', () => {
    expect(planDropDeleted(10, 10_999)).toBeUndefined();
    expect(planDropDeleted(10, 11_000)).toEqual({ watermarkSeconds: 11, currentSeconds: 10 });
  });
});

describe('shortPackBytes', () => {
  it('goes by what the writer can make of a pack', () => {
    expect(shortPackBytes(100, 200)).toBe(60);
    expect(shortPackBytes(100, 50)).toBe(30);
  });
});

describe('planLogCleanup', () => {
  const logs = [1, 2, 3, 4].map((ageHours) => blob(`_log_${ageHours}`, { length: 10, ageHours }));
  const kept = (retention: Partial<typeof DEFAULT_LOG_RETENTION>): number =>
    logs.length - planLogCleanup(logs, { ...DEFAULT_LOG_RETENTION, ...retention }, NOW).delete.length;

  it('keeps the newest within all limits', () => {
    expect(kept({})).toBe(4);
    expect(kept({ maxCount: 3 })).toBe(3);
    expect(kept({ maxTotalBytes: 20 })).toBe(2);
    expect(kept({ maxAgeMs: HOUR })).toBe(1);
    expect(kept({ maxAgeMs: 0, maxCount: 0, maxTotalBytes: 0 })).toBe(4);
  });

  it('deletes the oldest', () => {
    const plan = planLogCleanup(logs, { ...DEFAULT_LOG_RETENTION, maxCount: 3 }, NOW);
    expect(plan.delete.map(({ id }) => id)).toEqual(['_log_4']);
  });
});

describe('planLegacyCompaction', () => {
  const PACK = 2000;
  const some = (count: number, length: number): BlobMetadata[] =>
    Array.from({ length: count }, (_, i) => blob(`n${length}-${i}`, { length }));

  it('leaves few blobs alone', () => {
    expect(planLegacyCompaction(some(7, 10), PACK)).toBeUndefined();
    expect(planLegacyCompaction(some(20, PACK + 1), PACK)).toBeUndefined();
  });

  it('takes only the very small ones while few others are there', () => {
    expect(planLegacyCompaction([...some(8, 10), ...some(6, 500)], PACK)?.inputs).toHaveLength(8);
    expect(planLegacyCompaction([...some(8, 10), ...some(7, 500)], PACK)?.inputs).toHaveLength(15);
  });

  it('drops what was deleted before, not at, the time given', () => {
    expect(planLegacyDrop([], 10_000).dropDeletedSeconds).toBe(9);
    expect(planLegacyDrop([], 10_001).dropDeletedSeconds).toBe(10);
  });
});

describe('planLegacyCleanup', () => {
  const log = (name: string, names: string[], ageHours: number) => ({
    id: parseBlobId(name),
    names,
    sinceMs: NOW - ageHours * HOUR,
  });
  const times = { latestMs: NOW, settleMs: HOUR };

  it('deletes replaced blobs after an hour, oldest compaction first, and their logs an hour later', () => {
    const merged = (name: string, names: string[], outputs: string[], ageHours: number) => ({
      ...log(name, names, ageHours),
      outputs,
    });
    const compaction = [
      merged('m2', ['nb'], ['nd'], 2),
      merged('m1', ['na', 'nx'], ['nb'], 3),
      merged('m3', ['nc', 'nd'], ['ne'], 0.5),
    ];
    const present = new Set(['na', 'nb', 'nc']);
    const plan = planLegacyCleanup({ compaction, cleanup: [] }, present, times);
    expect(plan).toMatchObject({ indexBlobs: ['na', 'nb'], scheduleLogs: ['m1', 'm2'], deleteLogs: [] });
    expect(plan.replacements).toEqual(['ne']);

    const cleanup = [log('l1', ['m1'], 1)];
    const later = planLegacyCleanup({ compaction, cleanup }, new Set(), times);
    expect(later).toMatchObject({ indexBlobs: [], scheduleLogs: ['m2'], deleteLogs: ['m1', 'l1'] });
  });
});
