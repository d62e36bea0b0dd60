import { breakerTripped, type BreakerFinding, measureBreaker } from '../breaker.ts';
import { type ContentGcPlan, type ContentGcSummary, planContentGc } from '../content-gc.ts';
import { Marks } from '../marks.ts';
import { relocate } from '../relocate.ts';
import { defineStep, type RunContext, type RunStats, type Step } from '../step.ts';
import { writeIndexFile } from '../tombstones.ts';

interface CollectPlan {
  readonly gc: ContentGcPlan;
  readonly breaker: BreakerFinding;
}

/** Deletes what nothing refers to from the index, and brings back what was deleted while somebody was about to use it.
 *  Throws MAINTENANCE_BREAKER before anything is changed. */
export const collectContents: Step = defineStep<CollectPlan>({
  task: 'snapshot-gc',
  recordsIdleRuns: true,
  plan: async (context) => {
    const gc = await planCollection(context);
    return { gc, breaker: measureBreaker(gc.summary, context.breaker) };
  },
  describe: ({ gc, breaker }) => ({
    contents: Object.fromEntries(
      Object.entries(gc.summary).map(([verdict, { count, bytes }]) => [verdict, { count, bytes }]),
    ),
    breaker: { ...breaker },
  }),
  apply: async (context, { gc, breaker }) => {
    if (breaker.isTripped && !context.force) throw breakerTripped(breaker, context.breaker);
    await relocate(context.parts, context.metadata, gc.undelete);
    await writeIndexFile(context.parts, gc.tombstones);
    return statsOf(gc.summary);
  },
  dispose: ({ gc }) => gc[Symbol.dispose](),
});

async function planCollection({
  parts,
  metadata,
  marker,
  startMs,
  safety,
}: RunContext): Promise<ContentGcPlan> {
  using marks = new Marks(parts, metadata);
  await marker(marks, parts.signal);
  return planContentGc(parts, marks.sorted(), { startMs, minContentAgeMs: safety.minContentAgeMs });
}

/** What kopia counts as in use includes what is brought back. */
function statsOf(summary: ContentGcSummary): RunStats {
  const { unused, recent, system, undelete } = summary;
  const inUse = summary['in-use'];
  return {
    kind: 'snapshotGCStats',
    data: {
      unreferencedContentCount: unused.count,
      unreferencedContentSize: unused.bytes,
      deletedContentCount: unused.count,
      deletedContentSize: unused.bytes,
      unreferencedRecentContentCount: recent.count,
      unreferencedRecentContentSize: recent.bytes,
      inUseContentCount: inUse.count + undelete.count,
      inUseContentSize: inUse.bytes + undelete.bytes,
      inUseSystemContentCount: system.count,
      inUseSystemContentSize: system.bytes,
      recoveredContentCount: undelete.count,
      recoveredContentSize: undelete.bytes,
    },
  };
}
