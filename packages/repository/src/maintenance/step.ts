import type { GoJsonObject } from '../format/go-json.ts';
import { addRun } from '../format/maintenance-blob.ts';
import type { Breaker } from './breaker.ts';
import type { KeptSchedule } from './kept-schedule.ts';
import type { ContentMarker } from './marks.ts';
import type { MetadataPacks } from './metadata-packs.ts';
import type { MaintenanceParameters } from './parameters.ts';
import type { MaintenanceRunParts, Tally } from './parts.ts';
import type { SafetyParameters } from './safety.ts';
import type { MaintenanceMode, MaintenanceTask } from './tasks.ts';
import { nsOfMs } from './timing.ts';

/** What all steps of a run know. */
export interface RunContext {
  readonly parts: MaintenanceRunParts;
  readonly mode: MaintenanceMode;
  readonly safety: SafetyParameters;
  readonly parameters: MaintenanceParameters;
  /** When the run began, by the storage's clock. */
  readonly startMs: number;
  readonly metadata: MetadataPacks;
  readonly schedule: KeptSchedule;
  readonly marker: ContentMarker;
  readonly breaker: Breaker;
  /** Deletes even when the breaker trips. */
  readonly force: boolean;
  /** Plans and changes nothing. */
  readonly dryRun: boolean;
}

/** What a run did, in kopia's terms: kept in the history, where `kopia maintenance info` shows it. */
export interface RunStats {
  readonly kind: string;
  readonly data: GoJsonObject;
  /** Blobs that were to be deleted and are still locked, if there are any; not part of what kopia knows. */
  readonly locked?: Tally;
}

/** What became of one step; plain data. `nothing-to-do`: its plan is empty. `skipped`: it may not run yet. */
export interface StepReport {
  readonly task: MaintenanceTask;
  readonly state: 'done' | 'planned' | 'nothing-to-do' | 'skipped';
  /** Why it was skipped. */
  readonly reason?: string;
  readonly plan?: GoJsonObject;
  readonly stats?: RunStats;
  /** What somebody should look at. */
  readonly warning?: string;
  readonly durationMs: number;
}

/** One step of maintenance: observes and decides, then applies what was decided. */
export interface StepDefinition<Plan> {
  readonly task: MaintenanceTask;
  /** Why the step may not run now; undefined when it may. */
  readonly skip?: (context: RunContext) => Promise<string | undefined> | string | undefined;
  /** Changes nothing. Undefined when there is nothing to do. */
  readonly plan: (context: RunContext) => Promise<Plan | undefined> | Plan | undefined;
  /** The plan as data to print. */
  readonly describe: (plan: Plan) => GoJsonObject;
  /** What somebody should look at; undefined when all is well. */
  readonly warning?: (plan: Plan) => string | undefined;
  readonly apply: (context: RunContext, plan: Plan) => Promise<RunStats | undefined>;
  /** Frees what the plan holds. */
  readonly dispose?: (plan: Plan) => void;
  /** Also a run without anything to do counts in the history. */
  readonly recordsIdleRuns: boolean;
}

/** A step of any kind of plan. */
export type Step = (context: RunContext) => Promise<StepReport>;

/** A step that plans, applies unless it is a dry run, and records what it did. A failure is recorded and thrown. */
export function defineStep<Plan>(definition: StepDefinition<Plan>): Step {
  return async (context) => {
    const { clock } = context.parts;
    const startedMs = clock.nowMs();
    const reason = await definition.skip?.(context);
    if (reason !== undefined) return { task: definition.task, state: 'skipped', reason, durationMs: 0 };
    try {
      const outcome = await execute(definition, context);
      const isIdle = outcome.state === 'nothing-to-do';
      if (!context.dryRun && (!isIdle || definition.recordsIdleRuns))
        await record(definition.task, context, { startedMs, stats: outcome.stats });
      return { task: definition.task, ...outcome, durationMs: clock.nowMs() - startedMs };
    } catch (error) {
      await recordFailure(definition.task, context, { startedMs, error });
      throw error;
    }
  };
}

type Outcome = Pick<StepReport, 'state' | 'plan' | 'stats' | 'warning'>;

async function execute<Plan>(definition: StepDefinition<Plan>, context: RunContext): Promise<Outcome> {
  const plan = await definition.plan(context);
  if (plan === undefined) return { state: 'nothing-to-do' };
  try {
    const warning = definition.warning?.(plan);
    const told = { plan: definition.describe(plan), ...(warning !== undefined && { warning }) };
    if (context.dryRun) return { state: 'planned', ...told };
    const stats = await definition.apply(context, plan);
    return { state: 'done', ...told, ...(stats && { stats }) };
  } finally {
    definition.dispose?.(plan);
  }
}

async function record(
  task: MaintenanceTask,
  { parts, schedule }: RunContext,
  { startedMs, stats }: { readonly startedMs: number; readonly stats: RunStats | undefined },
): Promise<void> {
  const run = {
    startNs: nsOfMs(startedMs),
    endNs: nsOfMs(parts.clock.nowMs()),
    success: true,
    error: '',
    unknown: stats === undefined ? {} : { extra: [{ kind: stats.kind, data: stats.data }] },
  };
  await schedule.update((before) => addRun(before, task, run));
}

async function recordFailure(
  task: MaintenanceTask,
  { parts, schedule, dryRun }: RunContext,
  failure: { readonly startedMs: number; readonly error: unknown },
): Promise<void> {
  if (dryRun) return;
  const error = failure.error instanceof Error ? failure.error.message : String(failure.error);
  const [startNs, endNs] = [nsOfMs(failure.startedMs), nsOfMs(parts.clock.nowMs())];
  const run = { startNs, endNs, success: false, error, unknown: {} };
  // What failed is thrown; that the history lacks it is the lesser harm.
  await schedule.update((before) => addRun(before, task, run)).catch(() => undefined);
}
