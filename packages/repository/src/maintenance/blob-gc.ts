import type { BlobMetadata } from '../blob/storage.ts';
import { PackUsage } from './pack-usage.ts';
import { type MaintenanceRunParts, NOTHING, type Tally, tallied } from './parts.ts';
import { forEachEntry } from './rewrite.ts';
import type { SafetyParameters } from './safety.ts';
import { type ActiveSessions, loadActiveSessions, sessionOfBlob } from './sessions.ts';

/** Blobs that nothing refers to. */
export interface BlobGcPlan {
  readonly delete: readonly BlobMetadata[];
  /** Unreferenced, but too young or of a session that may still be at work. */
  readonly kept: Tally;
  readonly referencedPacks: number;
}

/** What a decision about an unreferenced blob depends on. */
export interface BlobGcFacts {
  readonly startMs: number;
  readonly sessions: ActiveSessions;
  readonly safety: Pick<SafetyParameters, 'packDeleteMinAgeMs' | 'sessionExpirationMs'>;
}

/** Clocks are this coarse in places: what is stored at the start counts as stored before. */
const START_SLACK_MS = 1000;

/** Whether an unreferenced pack or session marker may go. Source: kopia repo/maintenance/pack_gc.go. */
export function mayDeleteBlob(blob: BlobMetadata, { startMs, sessions, safety }: BlobGcFacts): boolean {
  const cutoffMs = startMs + START_SLACK_MS;
  const ageMs = cutoffMs - blob.timestampMs;
  if (ageMs < 0 || ageMs < safety.packDeleteMinAgeMs) return false;
  const seenMs = sessions.get(sessionOfBlob(blob.id) ?? '');
  return seenMs === undefined || cutoffMs - seenMs >= safety.sessionExpirationMs;
}

/** Compares the packs that the index refers to, deleted contents that still exist included, with those in storage.
 *  `prefixes`: `p` and `q` for packs, `s` for session markers. */
export async function planBlobGc(
  parts: MaintenanceRunParts,
  prefixes: readonly ('p' | 'q' | 's')[],
  facts: Omit<BlobGcFacts, 'sessions'>,
): Promise<BlobGcPlan> {
  const call = parts.signal ? { signal: parts.signal } : {};
  const used = new PackUsage();
  forEachEntry(parts, (_, { packBlobId, packedLength }) => used.add(packBlobId, packedLength, false));
  const sessions = await loadActiveSessions(parts.storage, parts.crypto, call);
  const unreferenced: BlobMetadata[] = [];
  let kept = NOTHING;
  for (const prefix of prefixes)
    for await (const blob of parts.storage.list(prefix, call)) {
      if (used.has(blob.id)) continue;
      if (mayDeleteBlob(blob, { ...facts, sessions })) unreferenced.push(blob);
      else kept = tallied(kept, blob.length);
    }
  return { delete: unreferenced, kept, referencedPacks: used.count };
}
