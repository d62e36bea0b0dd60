import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { usageError } from '../../errors.ts';
import { choice, isTrue, negatable, wholeNumber } from '../../options.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';
import { restoreEntry, type RestoreFlags } from './restore-entry.ts';
import { restoreJobs } from './jobs.ts';
import { parseSnapshotTime } from './snapshot-time.ts';
import type { SourceChoice } from './source.ts';

/** `snapshot restore` and `restore` */
export const registerRestore: RegisterCommand = (program, context) => {
  const command = program
    .command('restore')
    .description('write a snapshot, or a part of it, to a directory')
    .argument(
      '<sources...>',
      'ID of a snapshot or object, then perhaps /path/below/it, or a path that was saved, and the target: a directory ' +
        '(a file, when a file is restored), made when missing; or placeholders (.kopia-entry)',
    )
    .usage('[options] <source> [target] | <placeholder...>')
    .addHelpText('after', EXAMPLES);
  addRestoreFlags(command);
  command.action(async (texts: string[]) => {
    const flags = { ...command.opts<RestoreFlags>(), progress: globalOptions(command).progress };
    const findJobs = restoreJobs(context, texts, sourceChoice(context, command.opts<SourceFlags>()));
    const open = { access: 'read', workers: flags.parallel || undefined } as const;
    await withRepository(context, globalOptions(command), open, async ({ repository }) => {
      for (const { entry, target, isPlaceholder } of await findJobs(repository)) {
        if (entry.type === 'd' && flags.mode !== 'local') refuseArchive(target);
        await mkdir(dirname(target), { recursive: true });
        const how = isPlaceholder ? { ...flags, shallow: flags.shallow ?? 0 } : flags;
        await restoreEntry(context, repository, { entry, target }, how);
      }
    });
  });
};

const EXAMPLES = `
What exists in the target is overwritten unless a flag says otherwise; what the snapshot does not have is left alone.

Examples:
  holdfast snapshot restore 8583e61e2e58b520321851be451c3ffc /tmp/restored
  holdfast snapshot restore 8583e61e2e58b520321851be451c3ffc/reports/2026.pdf /tmp/2026.pdf
  holdfast snapshot restore ~/documents /tmp/documents        the latest snapshot of it
  holdfast snapshot restore ~/documents                       the same, back to where it was
  holdfast snapshot restore --shallow 1 ID /tmp/look          only the upper levels, the rest as placeholders
  holdfast snapshot restore /tmp/look/sub/big.kopia-entry     what a placeholder stands for

A snapshot saves what placeholders stand for: it is the snapshot of the whole tree.
Ends with 3 when some files could not be restored (with --ignore-errors: 0 and a warning).`;

function addRestoreFlags(command: Command): void {
  negatable(command, 'overwrite-directories', 'write into directories that exist', true);
  negatable(command, 'overwrite-files', 'replace files that exist', true);
  negatable(command, 'overwrite-symlinks', 'replace symbolic links that exist', true);
  negatable(
    command,
    'write-sparse-files',
    'leave holes where a file has only zeros (kopia fills them)',
    true,
  );
  negatable(command, 'ignore-permission-errors', 'go on when owners or modes cannot be set', true);
  command
    .option('--write-files-atomically', 'write each file under another name first')
    .option('--flush-files', 'wait until each file is on the disk')
    .option('--skip-existing', 'leave files and links alone that exist')
    .option('--delete-extra', 'delete what is in the target and not in the snapshot')
    .option('--shallow <levels>', 'write placeholders below so many levels', wholeNumber())
    .option('--shallow-minsize <bytes>', 'but restore smaller files there', wholeNumber(), 0)
    .option('--skip-owners', "don't set owners")
    .option('--skip-permissions', "don't set modes")
    .option('--skip-times', "don't set times")
    .option('--ignore-errors', 'end with 0 even if files could not be restored')
    .option('--snapshot-time <time>', SNAPSHOT_TIME, 'latest')
    .option(
      '--consistent-attributes',
      'fail when the ID of an object is the root of snapshots that differ in its owner, mode or times ' +
        '($KOPIA_RESTORE_CONSISTENT_ATTRIBUTES)',
    )
    .option('--parallel <n>', 'worker threads; 0 for one a core', wholeNumber(), 0)
    .option('--json', 'print JSON');
  choice(command, '--mode <mode>', 'local writes a directory whatever the name of the target', [
    'auto',
    'local',
  ]);
}

const SNAPSHOT_TIME =
  'with a path as source: the last snapshot before the end of this time, such as 2026-01-31, 2026-01, "2026-01-31 15:04", ' +
  'yesterday, last-month, 1y-2m-3d-ago; oldest or latest';

interface SourceFlags {
  readonly snapshotTime: string;
  readonly consistentAttributes?: boolean;
}

function sourceChoice({ env, clock }: CliContext, flags: SourceFlags): SourceChoice {
  return {
    time: parseSnapshotTime(flags.snapshotTime, new Date(clock.nowMs())),
    consistentAttributes: flags.consistentAttributes ?? isTrue(env['KOPIA_RESTORE_CONSISTENT_ATTRIBUTES']),
  };
}

/** kopia writes an archive to a target of such a name; writing a directory instead would be a surprise. */
function refuseArchive(target: string): void {
  if (/\.(?:zip|tar|tar\.gz|tgz)$/.test(target))
    throw usageError(
      `${target} looks like an archive, which is not supported: --mode local makes it a directory`,
    );
}
