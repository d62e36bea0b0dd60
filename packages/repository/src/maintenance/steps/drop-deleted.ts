import { formatTimeNs } from '../../format/go-json.ts';
import { applyDropDeleted, countDroppable, planDropDeleted } from '../drop-deleted.ts';
import { applyLegacyCompaction, planLegacyDrop } from '../legacy-compaction.ts';
import type { MaintenanceRunParts, Tally } from '../parts.ts';
import { defineStep, type RunContext, type Step } from '../step.ts';
import { nsOfMs, safeDropTimeMs } from '../timing.ts';

interface DropPlan {
  readonly watermarkSeconds: number;
  readonly contents: Tally;
  readonly carryOut: (parts: MaintenanceRunParts) => Promise<void>;
}

/** Makes contents disappear that were deleted long enough ago, so that their packs can go. */
export const dropDeletedContents: Step = defineStep<DropPlan>({
  task: 'full-drop-deleted-content',
  recordsIdleRuns: false,
  skip: async (context) =>
    (await safeDropMs(context)) === undefined
      ? 'deleted contents can be dropped after a second snapshot GC has confirmed that nobody needs them'
      : undefined,
  plan: async (context) => {
    const safeMs = await safeDropMs(context);
    if (safeMs === undefined) return undefined;
    return context.parts.opened.format.epochParameters.enabled
      ? planEpochDrop(context.parts, safeMs)
      : await planLegacy(context.parts, safeMs);
  },
  describe: ({ watermarkSeconds, contents }) => ({
    deletedBefore: formatTimeNs(nsOfMs(watermarkSeconds * 1000)),
    contents: { ...contents },
  }),
  apply: async ({ parts }, plan) => {
    await plan.carryOut(parts);
    await parts.refreshIndex();
    const deletedBefore = formatTimeNs(nsOfMs(plan.watermarkSeconds * 1000));
    return { kind: 'compactIndexesStats', data: { droppedContentsDeletedBefore: deletedBefore } };
  },
});

async function safeDropMs({ parts, schedule, safety }: RunContext): Promise<number | undefined> {
  return safeDropTimeMs(await schedule.current(), safety, parts.clock.nowMs());
}

function planEpochDrop(parts: MaintenanceRunParts, safeMs: number): DropPlan | undefined {
  const plan = planDropDeleted(parts.indexView.deletionWatermarkSeconds, safeMs);
  return (
    plan && {
      watermarkSeconds: plan.watermarkSeconds,
      contents: countDroppable(parts, plan.watermarkSeconds),
      carryOut: async () => await applyDropDeleted(parts, plan),
    }
  );
}

/** Without a watermark the index is written anew without them; not for nothing. */
async function planLegacy(parts: MaintenanceRunParts, safeMs: number): Promise<DropPlan | undefined> {
  const { blobs } = await parts.indexBlobs.activeBlobs();
  const plan = planLegacyDrop(blobs, safeMs);
  const watermarkSeconds = plan.dropDeletedSeconds ?? 0;
  const contents = countDroppable(parts, watermarkSeconds);
  if (contents.count === 0) return undefined;
  return {
    watermarkSeconds,
    contents,
    carryOut: async () => {
      await applyLegacyCompaction(parts, plan);
    },
  };
}
