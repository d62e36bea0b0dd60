import type { GoJsonObject, MaintenanceEvent, MaintenanceReport, RunStats } from '@holdfast/repository';
import { type MaintenanceOptions, runMaintenance } from '@holdfast/uploader';
import { Option } from 'commander';
import type { CliContext } from '../../context.ts';
import { percentage } from '../../options.ts';
import { tell, warn } from '../../output/messages.ts';
import { sendJson } from '../../output/send.ts';
import { bytesText, counted } from '../../output/units.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';

interface RunFlags {
  readonly full?: boolean;
  readonly safety: 'full' | 'none';
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly maxDeletePercent: number;
  readonly json?: boolean;
}

/** `maintenance run` */
export const registerMaintenanceRun: RegisterCommand = (group, context) => {
  const command = group
    .command('run')
    .description('maintain the repository now')
    .option('--full', 'everything; without it only the quick part')
    .option('--force', 'although somebody else owns it: dangerous while they run it too')
    .option('-n, --dry-run', 'only show what would be done')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES);
  command.addOption(
    new Option('--safety <level>', 'none only when nobody else uses it')
      .choices(['full', 'none'])
      .default('full'),
  );
  command.option(
    '--max-delete-percent <percent>',
    'stop before deleting more of the contents',
    percentage,
    30,
  );
  command.action(async () => {
    const flags = command.opts<RunFlags>();
    await withRepository(context, globalOptions(command), { access: 'write' }, async ({ repository }) => {
      const report = await runMaintenance(repository, maintenanceOptions(context, flags));
      if (flags.json === true) return await sendJson(context.stdout, reportJson(report));
      const { downloadedBytes, uploadedBytes, requests } = report.storage;
      tell(
        context,
        `Maintenance ${report.outcome}: ${bytesText(downloadedBytes)} read, ${bytesText(uploadedBytes)} written, ${requests} requests.`,
      );
    });
  });
};

const EXAMPLES = `
Deleted snapshots free their space in steps: a full run marks what nobody needs, a later one deletes it.

Examples:
  holdfast maintenance run --full --dry-run    what would be deleted, moved and compacted
  holdfast maintenance run --full              do it, with all safety margins`;

function reportJson({ steps, storage, mode, ...rest }: MaintenanceReport): GoJsonObject {
  return {
    ...rest,
    mode: mode ?? null,
    storage: { ...storage },
    steps: steps.map(({ stats, ...step }) => ({ ...step, stats: stats && statsJson(stats) })),
  };
}

function statsJson({ locked, ...stats }: RunStats): GoJsonObject {
  return { ...stats, ...(locked && { locked: { ...locked } }) };
}

function maintenanceOptions(context: CliContext, flags: RunFlags): MaintenanceOptions {
  return {
    mode: flags.full === true ? 'full' : 'quick',
    safety: flags.safety,
    dryRun: flags.dryRun === true,
    ignoreOwner: flags.force === true,
    maxDeletePercent: flags.maxDeletePercent,
    signal: context.signal,
    onEvent: (event) => tellEvent(context, event),
  };
}

function tellEvent(context: CliContext, event: MaintenanceEvent): void {
  if (event.kind === 'started') return tell(context, `Running ${event.mode} maintenance ...`);
  const { task, state, reason, plan, stats, warning } = event.report;
  const facts = stats ?? plan;
  const detail = reason ?? (facts === undefined ? '' : JSON.stringify(facts));
  tell(context, `  ${task}: ${state}${detail === '' ? '' : `, ${detail}`}`);
  if (warning !== undefined) warn(context, warning);
  const locked = stats?.locked;
  if (locked !== undefined)
    warn(
      context,
      `${counted(locked.count, 'blob')} (${bytesText(locked.bytes)}) could not be deleted: locked still, left for a later run`,
    );
}
