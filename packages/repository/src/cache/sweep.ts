import { rm } from 'node:fs/promises';
import { errnoName } from '../blob/errno.ts';
import { walkEntries, type WalkedFile } from './entry-walk.ts';
import type { CacheLimits } from './settings.ts';
import { AgeTable, planSweep, sweepDecision } from './sweep-plan.ts';

/** What a sweep found and did. */
export interface SweepResult {
  /** Bytes of entries that stay. */
  readonly bytes: number;
  readonly removedBytes: number;
  readonly removedCount: number;
}

/** No process takes that long to write one entry. */
const PARTIAL_STALE_MS = 3_600_000;

/** Removes what is beyond the limits: one walk to find out what there is, a second one only when something has to go.
 *  Safe while others read, write and sweep. */
export async function sweep(directory: string, limits: CacheLimits, nowMs: number): Promise<SweepResult> {
  const ages = new AgeTable(limits.minSweepAgeMs);
  for await (const file of walkEntries(directory)) {
    const ageMs = nowMs - file.usedMs;
    if (!file.isPartial) ages.add(ageMs, file.bytes);
    else if (ageMs > PARTIAL_STALE_MS) await removeFile(file);
  }
  const total = ages.totalBytes;
  const plan = planSweep(ages, limits);
  if (plan === undefined) return { bytes: total, removedBytes: 0, removedCount: 0 };
  const goes = sweepDecision(ages, plan);
  let [removedBytes, removedCount] = [0, 0];
  for await (const file of walkEntries(directory)) {
    if (file.isPartial || !goes(nowMs - file.usedMs, file.bytes) || !(await removeFile(file))) continue;
    removedBytes += file.bytes;
    removedCount++;
  }
  return { bytes: total - removedBytes, removedBytes, removedCount };
}

/** Whether it is gone, by whomever. */
async function removeFile(file: WalkedFile): Promise<boolean> {
  try {
    await rm(file.path, { force: true });
    return true;
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
    return false;
  }
}
