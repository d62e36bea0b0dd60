import type { CliContext } from '../../context.ts';
import { CliError, describeFailure } from '../../errors.ts';
import { exitCode } from '../../exit-code.ts';
import { tellError, tellStack } from '../../output/messages.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import { type CreateFlags, createSnapshot } from './create-one.ts';
import type { RegisterCommand } from '../index.ts';
import { type JobFlags, type SnapshotJob, snapshotJobs } from './jobs.ts';
import { addUploadFlags, type UploadFlags, uploadOptions } from './upload-flags.ts';

/** `snapshot create` */
export const registerCreate: RegisterCommand = (group, context) => {
  const command = group
    .command('create')
    .description('save directories or files as they are now')
    .argument('[sources...]', 'directories or files')
    .option('--all', 'what this user saved from this machine before, instead of sources')
    .option('--override-source <source>', 'user@host:path under which to keep the snapshot')
    .option('--json', 'print JSON, one snapshot a line')
    .option('--json-verbose', 'with statistics')
    .addHelpText('after', EXAMPLES);
  addUploadFlags(command);
  command.action(async (sources: string[]) => {
    const flags = command.opts<CreateFlags & JobFlags & UploadFlags>();
    const how = { flags: { ...flags, ...globalOptions(command) }, options: uploadOptions(context, flags) };
    const findJobs = snapshotJobs(context, sources, flags);
    const open = {
      access: 'write',
      workers: flags.parallel || undefined,
      mayEmbed: true,
      maintains: true,
    } as const;
    await withRepository(context, globalOptions(command), open, async ({ repository }) => {
      const jobs = await findJobs(repository);
      await createAll(context, jobs, async (job) => {
        const { failedCount } = await createSnapshot(context, repository, job, how);
        if (failedCount > 0) context.setExitCode(exitCode.incomplete);
      });
    });
  });
};

const EXAMPLES = `
Without a connected repository the first snapshot makes one in your data directory.

Examples:
  holdfast snapshot create ~/documents ~/pictures
  holdfast snapshot create --all                       everything saved before from here
  holdfast snapshot create ~/documents --tags reason:upgrade --description 'before the upgrade'
  pg_dump mydb | holdfast snapshot create /databases --stdin-file mydb.sql

Ends with 3 when the snapshot was saved without some files, with 130 when Ctrl-C stopped it at a checkpoint.`;

/** A source that fails does not keep the others from being saved. */
async function createAll(
  context: CliContext,
  jobs: readonly SnapshotJob[],
  createOne: (job: SnapshotJob) => Promise<void>,
): Promise<void> {
  if (jobs.length === 0)
    throw new CliError(
      'NOTHING_TO_DO',
      'nothing to save: nothing was saved from here before, or only by hand',
    );
  let failed = 0;
  for (const job of jobs) {
    try {
      await createOne(job);
    } catch (error) {
      if (jobs.length === 1 || context.signal.aborted) throw error;
      tellError(context, `${job.path}: ${describeFailure(error)}`);
      tellStack(context, error);
      failed++;
    }
  }
  if (failed > 0)
    throw new CliError('SNAPSHOT_FAILED', `${failed} of ${jobs.length} sources could not be saved`);
}
