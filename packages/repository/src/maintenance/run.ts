import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';

import { RepositoryError } from '../errors.ts';
import { MAINTENANCE_BLOB_ID } from '../format/maintenance-blob.ts';
import type { Breaker } from './breaker.ts';
import { tryLock } from './lock.ts';
import type { ContentMarker } from './marks.ts';
import { MetadataPacks } from './metadata-packs.ts';
import { loadParameters, type MaintenanceParameters } from './parameters.ts';
import type { MaintenanceParts, MaintenanceRunParts } from './parts.ts';
import { type MaintenanceEvent, type MaintenanceReport, storageUse } from './report.ts';
import { SAFETY, type SafetyLevel } from './safety.ts';
import { loadSchedule, saveSchedule } from './schedule-store.ts';
import type { RunContext, StepReport } from './step.ts';
import { stepsOf } from './steps/plan-steps.ts';
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
  const startedMs = parts.clock.nowMs();
  const before = parts.meter.snapshot();
  const report = (
    outcome: MaintenanceReport['outcome'],
    mode?: MaintenanceMode,
    steps: readonly StepReport[] = [],
  ): MaintenanceReport => ({
    outcome,
    mode,
    safety: options.safety,
    startedMs,
    steps,
    durationMs: parts.clock.nowMs() - startedMs,
    storage: storageUse(before, parts.meter.snapshot()),
  });
  const parameters = await loadParameters(await parts.manifests());
  if (!options.ignoreOwner && parameters.owner !== ownName(parts)) {
    if (options.mode === 'auto') return report('not-owner');
    throw notOwner(parameters.owner, ownName(parts));
  }
  const mode =
    options.mode === 'auto' ? dueMode(await loadSchedule(parts), parameters, startedMs) : options.mode;
  if (mode === undefined) return report('not-due');
  using lock = tryLock(path.join(parts.cacheDirectory, 'maintenance.lock'));
  if (lock === undefined) return report('already-running', mode);
  options.onEvent?.({ kind: 'started', mode });
  const steps = await runExclusive(parts, options, { mode, parameters });
  return report(options.dryRun ? 'planned' : 'done', mode, steps);
}

/** Name under which this client owns maintenance. */
export function ownName({ client }: Pick<MaintenanceParts, 'client'>): string {
  return `${client.username}@${client.hostname}`;
}

interface Due {
  readonly mode: MaintenanceMode;
  readonly parameters: MaintenanceParameters;
}

async function runExclusive(
  parts: MaintenanceParts,
  options: MaintenanceRunOptions,
  { mode, parameters }: Due,
): Promise<readonly StepReport[]> {
  const startMs = options.dryRun ? parts.clock.nowMs() : await markStart(parts, { mode, parameters });
  await parts.refresh();
  using work = workDirectory(parts.cacheDirectory);
  const runParts = withRun(parts, work.path, options.signal);
  using metadata = new MetadataPacks(runParts);
  const { safety, marker, breaker, force, dryRun } = options;
  return await runSteps(
    {
      parts: runParts,
      mode,
      parameters,
      startMs,
      metadata,
      marker,
      breaker,
      force,
      dryRun,
      safety: SAFETY[safety],
    },
    options.onEvent,
  );
}

async function runSteps(
  context: RunContext,
  onEvent: MaintenanceRunOptions['onEvent'],
): Promise<readonly StepReport[]> {
  const { parts, mode } = context;
  const steps = stepsOf(mode, {
    hasEpochs: parts.opened.format.epochParameters.enabled,
    wasLastRewriteFull: wasLastRewriteFull(await loadSchedule(parts)),
  });
  const reports: StepReport[] = [];
  for (const step of steps) {
    parts.signal?.throwIfAborted();
    const report = await step(context);
    reports.push(report);
    onEvent?.({ kind: 'step', report });
  }
  return reports;
}

/** Stores when maintenance runs next and returns the storage's time of doing so. Throws CLOCK_SKEW when that is far from
 *  this machine's: ages decide what is deleted. */
async function markStart(parts: MaintenanceParts, { mode, parameters }: Due): Promise<number> {
  const nowMs = parts.clock.nowMs();
  await saveSchedule(parts, scheduleNext(await loadSchedule(parts), mode, parameters, nowMs));
  const { timestampMs } = await parts.storage.getMetadata(MAINTENANCE_BLOB_ID);
  const skewMs = timestampMs - parts.clock.nowMs();
  if (Math.abs(skewMs) > MAX_SKEW_MS) throw clockSkew(skewMs);
  return timestampMs;
}

const MAX_SKEW_MS = 5 * 60_000;

/** The parts with those of one run. */
function withRun(
  parts: MaintenanceParts,
  directory: string,
  signal: AbortSignal | undefined,
): MaintenanceRunParts {
  return { ...parts, workDirectory: directory, signal };
}

/** An empty directory for one run; the lock keeps others out of it. */
function workDirectory(cacheDirectory: string): Disposable & { readonly path: string } {
  const directory = path.join(cacheDirectory, 'maintenance');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return {
    path: directory,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
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
