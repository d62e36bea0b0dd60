import path from 'node:path';

import type { StorageCounts } from '../blob/metrics.ts';
import { RepositoryError } from '../errors.ts';
import type { Breaker } from './breaker.ts';
import { KeptSchedule } from './kept-schedule.ts';
import { tryLock } from './lock.ts';
import type { ContentMarker } from './marks.ts';
import { MetadataPacks } from './metadata-packs.ts';
import { loadParameters, type MaintenanceParameters } from './parameters.ts';
import { type MaintenanceParts, type MaintenanceRunParts, ownName } from './parts.ts';
import { type MaintenanceEvent, type MaintenanceReport, storageUse } from './report.ts';
import { SAFETY, type SafetyLevel } from './safety.ts';
import type { RunContext, Step, StepReport } from './step.ts';
import { stepsOf } from './steps/plan-steps.ts';
import { removeStaleWork, withRun, WorkDirectory } from './work-directory.ts';
import type { MaintenanceMode } from './tasks.ts';
import { dueMode, scheduleNext, wasLastRewriteFull } from './timing.ts';

/** What is to be done and how carefully. */
export interface MaintenanceRunOptions {
  /** `auto`: what is due, if anything. */
  readonly mode: MaintenanceMode | 'auto';
  readonly safety: SafetyLevel;
  readonly dryRun: boolean;
  readonly breaker: Breaker;
  /** Deletes even when the breaker trips. */
  readonly force: boolean;
  /** Runs although somebody else owns maintenance; dangerous while they run it too. */
  readonly ignoreOwner: boolean;
  readonly marker: ContentMarker;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: MaintenanceEvent) => void;
}

/** Maintains a repository: the only place that deletes anything. Nothing may be being read or written in this process
 *  meanwhile. A step that fails ends the run; what was done until then stays, and the next run goes on from there.
 *  Throws MAINTENANCE_NOT_OWNER, CLOCK_SKEW, MAINTENANCE_BREAKER, and what the steps throw.
 *  Source: kopia repo/maintenance/maintenance_run.go. */
export async function runMaintenance(
  parts: MaintenanceParts,
  options: MaintenanceRunOptions,
): Promise<MaintenanceReport> {
  using work = new WorkDirectory(parts.cacheDirectory);
  const runParts = withRun(parts, work, options.signal);
  using metadata = new MetadataPacks(runParts);
  using _ = readingThrough(parts, metadata);
  return await new MaintenanceRun(runParts, metadata, options).run();
}

class MaintenanceRun {
  readonly #parts: MaintenanceRunParts;
  readonly #metadata: MetadataPacks;
  readonly #options: MaintenanceRunOptions;
  readonly #schedule: KeptSchedule;
  readonly #startedMs: number;
  readonly #before: StorageCounts;
  readonly #steps: StepReport[] = [];

  constructor(parts: MaintenanceRunParts, metadata: MetadataPacks, options: MaintenanceRunOptions) {
    this.#parts = parts;
    this.#metadata = metadata;
    this.#options = options;
    this.#schedule = new KeptSchedule(parts);
    this.#startedMs = parts.clock.nowMs();
    this.#before = parts.meter.snapshot();
  }

  async run(): Promise<MaintenanceReport> {
    const { mode: wanted, ignoreOwner, dryRun, onEvent } = this.#options;
    const parameters = await loadParameters(await this.#parts.manifests());
    const own = ownName(this.#parts);
    if (!ignoreOwner && parameters.owner !== own) {
      if (wanted === 'auto') return this.#report('not-owner');
      throw notOwner(parameters.owner, own);
    }
    const schedule = await this.#schedule.current();
    const mode = wanted === 'auto' ? dueMode(schedule, parameters, this.#startedMs) : wanted;
    if (mode === undefined) return this.#report('not-due');
    using lock = tryLock(path.join(this.#parts.cacheDirectory, 'maintenance.lock'));
    if (lock === undefined) return this.#report('already-running', mode);
    onEvent?.({ kind: 'started', mode });
    await this.#runExclusive({ mode, parameters });
    return this.#report(dryRun ? 'planned' : 'done', mode);
  }

  async #runExclusive({ mode, parameters }: Due): Promise<void> {
    const parts = this.#parts;
    const { safety, marker, breaker, force, dryRun } = this.#options;
    const startMs = dryRun ? parts.clock.nowMs() : await this.#markStart({ mode, parameters });
    removeStaleWork(parts.cacheDirectory, parts.clock.nowMs());
    await parts.refresh();
    const context: RunContext = {
      parts,
      mode,
      parameters,
      startMs,
      metadata: this.#metadata,
      schedule: this.#schedule,
      marker,
      breaker,
      force,
      dryRun,
      safety: SAFETY[safety],
    };
    for (const step of await this.#stepsOf(mode)) await this.#runStep(step, context);
  }

  /** Stores when maintenance runs next and returns the storage's time of doing so. Throws CLOCK_SKEW when that is far from
   *  this machine's: ages decide what is deleted. */
  async #markStart({ mode, parameters }: Due): Promise<number> {
    const { clock } = this.#parts;
    const nowMs = clock.nowMs();
    const { timestampMs } = await this.#schedule.update((before) =>
      scheduleNext(before, mode, parameters, nowMs),
    );
    const skewMs = timestampMs - clock.nowMs();
    if (Math.abs(skewMs) > MAX_SKEW_MS) throw clockSkew(skewMs);
    return timestampMs;
  }

  async #stepsOf(mode: MaintenanceMode): Promise<readonly Step[]> {
    const schedule = await this.#schedule.current();
    const hasEpochs = this.#parts.opened.format.epochParameters.enabled;
    return stepsOf(mode, { hasEpochs, wasLastRewriteFull: wasLastRewriteFull(schedule) });
  }

  async #runStep(step: Step, context: RunContext): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const report = await step(context);
    this.#steps.push(report);
    this.#options.onEvent?.({ kind: 'step', report });
  }

  #report(outcome: MaintenanceReport['outcome'], mode?: MaintenanceMode): MaintenanceReport {
    return {
      outcome,
      mode,
      safety: this.#options.safety,
      startedMs: this.#startedMs,
      durationMs: this.#parts.clock.nowMs() - this.#startedMs,
      steps: this.#steps,
      storage: storageUse(this.#before, this.#parts.meter.snapshot()),
    };
  }
}

interface Due {
  readonly mode: MaintenanceMode;
  readonly parameters: MaintenanceParameters;
}

const MAX_SKEW_MS = 5 * 60_000;

/** Manifests lie in the same packs as directories. */
function readingThrough(parts: MaintenanceParts, metadata: MetadataPacks): Disposable {
  parts.readMetadataThrough(metadata);
  return { [Symbol.dispose]: () => parts.readMetadataThrough(undefined) };
}

function notOwner(owner: string, own: string): RepositoryError {
  return new RepositoryError(
    'MAINTENANCE_NOT_OWNER',
    `maintenance of this repository is the task of ${owner || 'nobody'}; to take over: \`maintenance set --owner=me\` as ${own}`,
    { owner, own },
  );
}

function clockSkew(skewMs: number): RepositoryError {
  const seconds = Math.round(skewMs / 1000);
  return new RepositoryError(
    'CLOCK_SKEW',
    `the storage's clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} this machine's; set the clock right, since maintenance goes by the age of blobs`,
    { skewMs },
  );
}
