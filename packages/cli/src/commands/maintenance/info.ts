import type { MaintenanceInfo } from '@holdfast/repository';
import { maintenanceInfo } from '@holdfast/uploader';
import { sendJson, sendLines } from '../../output/send.ts';
import { timeText } from '../../output/times.ts';
import { bytesText, durationText } from '../../output/units.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';

/** `maintenance info` */
export const registerMaintenanceInfo: RegisterCommand = (group, context) => {
  const command = group
    .command('info')
    .description('show who maintains the repository, when, and what was done')
    .option('--json', 'print JSON');
  command.action(async () => {
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      const info = await maintenanceInfo(repository);
      if (command.opts<{ json?: boolean }>().json === true)
        return await sendJson(context.stdout, infoJson(info));
      await sendLines(context.stdout, infoLines(info));
    });
  });
};

function infoLines({ parameters, schedule, due }: MaintenanceInfo): string[] {
  const cycle = (
    name: string,
    of: { enabled: boolean; intervalMs: number },
    next: bigint | undefined,
  ): string[] => [
    `${name} Cycle:`,
    `  scheduled: ${of.enabled}`,
    `  interval: ${durationText(of.intervalMs)}`,
    `  next run: ${next === undefined ? 'now' : timeText(next)}`,
  ];
  return [
    `Owner: ${parameters.owner}`,
    ...cycle('Quick', parameters.quick, schedule.nextQuickNs),
    ...cycle('Full', parameters.full, schedule.nextFullNs),
    `Due now: ${due ?? 'nothing'}`,
    'Log Retention:',
    `  max count: ${parameters.logRetention.maxCount}`,
    `  max age of logs: ${durationText(parameters.logRetention.maxAgeMs)}`,
    `  max total size: ${bytesText(parameters.logRetention.maxTotalBytes)}`,
    `Object Lock Extension: ${parameters.extendObjectLocks ? 'enabled' : 'disabled'}`,
    ...(parameters.listParallelism === 0 ? [] : [`List parallelism: ${parameters.listParallelism}`]),
    'Recent Maintenance Runs:',
    ...Object.entries(schedule.runs).flatMap(([task, runs]) => [
      `  ${task}:`,
      ...runs.slice(0, RUNS_SHOWN).map(({ startNs, endNs }) => {
        const duration = durationText(Number(endNs - startNs) / 1e6);
        return `    ${timeText(startNs)} (${duration})`;
      }),
    ]),
  ];
}

const RUNS_SHOWN = 5;

function infoJson({ parameters, schedule, isOwner, due }: MaintenanceInfo): Parameters<typeof sendJson>[1] {
  const { owner, quick, full, extendObjectLocks, logRetention, listParallelism } = parameters;
  const cycle = ({ enabled, intervalMs }: typeof quick): { enabled: boolean; interval: number } => ({
    enabled,
    interval: intervalMs * 1e6,
  });
  const time = (ns: bigint | undefined): string | null =>
    ns === undefined ? null : new Date(Number(ns / 1_000_000n)).toISOString();
  return {
    owner,
    quick: cycle(quick),
    full: cycle(full),
    logRetention: {
      maxTotalSize: logRetention.maxTotalBytes,
      maxCount: logRetention.maxCount,
      maxAge: logRetention.maxAgeMs * 1e6,
    },
    extendObjectLocks,
    listParallelism,
    schedule: {
      nextFullMaintenance: time(schedule.nextFullNs),
      nextQuickMaintenance: time(schedule.nextQuickNs),
      runs: Object.fromEntries(
        Object.entries(schedule.runs).map(([task, runs]) => [
          task,
          runs.map(({ startNs, endNs }) => ({ start: time(startNs), end: time(endNs) })),
        ]),
      ),
    },
    isOwner,
    due: due ?? null,
  };
}
