import { watermarkId } from '../epoch/names.ts';
import { isHidden } from '../index/precedence.ts';
import type { MaintenanceRunParts, Tally } from './parts.ts';
import { forEachEntry } from './rewrite.ts';

/** What makes contents that were deleted long ago disappear from the index: a watermark. Source: kopia internal/epoch. */
export interface DropDeletedPlan {
  /** Contents deleted at this time or before will not exist. */
  readonly watermarkSeconds: number;
  /** The watermark so far. */
  readonly currentSeconds: number;
}

/** Undefined when the watermark would not move: it never goes back. */
export function planDropDeleted(currentSeconds: number, safeDropMs: number): DropDeletedPlan | undefined {
  const watermarkSeconds = Math.floor(safeDropMs / 1000);
  return watermarkSeconds > currentSeconds ? { watermarkSeconds, currentSeconds } : undefined;
}

/** Stores the watermark. The index view sees it after a refresh. */
export async function applyDropDeleted(
  { storage, putOptions }: Pick<MaintenanceRunParts, 'storage' | 'putOptions'>,
  plan: DropDeletedPlan,
): Promise<void> {
  await storage.put(watermarkId(plan.watermarkSeconds), [Buffer.from('deletion-watermark')], putOptions);
}

/** Contents that no longer exist once everything deleted at `seconds` or before is dropped. */
export function countDroppable(parts: MaintenanceRunParts, seconds: number): Tally {
  let count = 0;
  let bytes = 0;
  forEachEntry(parts, (_, fields) => {
    if (!isHidden(fields, seconds)) return;
    count++;
    bytes += fields.packedLength;
  });
  return { count, bytes };
}
