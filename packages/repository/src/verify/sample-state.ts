import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { MaintenanceParts } from '../maintenance/parts.ts';

/** Where a verification in shares was when it last ended. */
export interface SampleState {
  readonly days: number;
  readonly nextShare: number;
  readonly lastMs: number;
}

const DAY_MS = 86_400_000;

/** The shares whose turn it is: one a run, and those of the days on which there was none, so that daily runs cover
 *  everything in `days` and late ones catch up. Other `days` than last time start anew. */
export function dueShares(state: SampleState | undefined, days: number, nowMs: number): readonly number[] {
  if (state?.days !== days) return [0];
  const elapsedDays = Math.round((nowMs - state.lastMs) / DAY_MS);
  const count = Math.min(days, Math.max(1, elapsedDays));
  return Array.from({ length: count }, (_, i) => (state.nextShare + i) % days);
}

/** The state after `shares` have been verified. */
export function stateAfter(shares: readonly number[], days: number, nowMs: number): SampleState {
  return { days, nextShare: ((shares.at(-1) ?? -1) + 1) % days, lastMs: nowMs };
}

/** The state that this client kept of this repository; undefined when there is none that can be read: a cache may be
 *  deleted at any time. */
export async function loadSampleState(parts: MaintenanceParts): Promise<SampleState | undefined> {
  try {
    const state: unknown = JSON.parse(await readFile(stateFile(parts), 'utf8'));
    return isState(state) ? state : undefined;
  } catch {
    return undefined;
  }
}

export async function saveSampleState(parts: MaintenanceParts, state: SampleState): Promise<void> {
  const file = stateFile(parts);
  await writeFile(`${file}.tmp`, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  await rename(`${file}.tmp`, file);
}

/** Several repositories may share a cache directory. */
function stateFile({ cacheDirectory, opened }: MaintenanceParts): string {
  const id = Buffer.from(opened.blob.uniqueId).toString('hex').slice(0, 16);
  return path.join(cacheDirectory, `verified-${id}.json`);
}

function isState(state: unknown): state is SampleState {
  if (typeof state !== 'object' || state === null) return false;
  const { days, nextShare, lastMs }: Partial<Record<keyof SampleState, unknown>> = state;
  return [days, nextShare, lastMs].every((value) => Number.isSafeInteger(value));
}
