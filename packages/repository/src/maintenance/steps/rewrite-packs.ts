import { relocate } from '../relocate.ts';
import { planRewrite, type RewritePlan, shortPackBytes } from '../rewrite.ts';
import { defineStep, type RunContext, type Step } from '../step.ts';
import type { MaintenanceTask } from '../tasks.ts';
import { mayRewrite } from '../timing.ts';

/** Joins the contents of packs that are mostly empty. The old packs go with a later deletion of blobs. */
export const rewriteShortPacks: Step = rewriteStep('full-rewrite-contents', ['p', 'q']);

/** The same for metadata packs only. */
export const rewriteShortMetadataPacks: Step = rewriteStep('quick-rewrite-contents', ['q']);

/** Runs that found nothing are not recorded: packs may be deleted an hour after the last recorded rewrite. */
function rewriteStep(task: MaintenanceTask, prefixes: readonly ('p' | 'q')[]): Step {
  return defineStep<RewritePlan>({
    task,
    recordsIdleRuns: false,
    skip: async ({ schedule, mode, safety }) =>
      mayRewrite(await schedule.current(), mode, safety)
        ? undefined
        : 'packs that the last rewrite left behind are not deleted yet',
    plan: (context) => {
      const plan = planRewrite(context.parts, optionsOf(context, prefixes));
      if (plan.summary.contents.count > 0) return plan;
      plan[Symbol.dispose]();
      return undefined;
    },
    describe: ({ summary }) => ({ shortPacks: summary.shortPacks, contents: { ...summary.contents } }),
    apply: async ({ parts, metadata }, { relocations, summary }) => {
      const written = await relocate(parts, metadata, relocations);
      return {
        kind: 'rewriteContentsStats',
        data: {
          toRewriteContentCount: summary.contents.count,
          toRewriteContentSize: summary.contents.bytes,
          rewrittenContentCount: written.count,
          rewrittenContentSize: written.bytes,
          retainedContentCount: 0,
          retainedContentSize: 0,
        },
      };
    },
    dispose: (plan) => plan[Symbol.dispose](),
  });
}

function optionsOf(
  { parts, safety, startMs }: RunContext,
  prefixes: readonly ('p' | 'q')[],
): Parameters<typeof planRewrite>[1] {
  const { maxPackSize } = parts.contentFormat;
  return {
    prefixes,
    shortPackBytes: shortPackBytes(maxPackSize, parts.packLimit),
    // What this run has written stays where it is.
    beforeSeconds: Math.floor((startMs - safety.rewriteMinAgeMs) / 1000),
  };
}
