import type { FixSelection, InvalidHandling } from '@holdfast/uploader';
import type { Command } from 'commander';
import { usageError } from '../../errors.ts';
import { choice, percentage, repeatable } from '../../options.ts';
import type { RegisterCommand } from '../index.ts';
import { type FixFlags, runFix } from './fix-run.ts';

/** `snapshot fix ...` */
export const registerFix: RegisterCommand = (group, context) => {
  const fix = group.command('fix').description('take what is lost, or should not be there, out of snapshots');
  registerInvalidFiles(fix, context);
  registerRemoveFiles(fix, context);
};

const HANDLING: readonly InvalidHandling[] = ['fail', 'stub', 'keep', 'remove'];

interface InvalidFilesFlags extends FixFlags {
  readonly invalidFileHandling: InvalidHandling;
  readonly verifyFilesPercent: number;
}

const registerInvalidFiles: RegisterCommand = (group, context) => {
  const command = withFixFlags(group.command('invalid-files'))
    .description('take files out that cannot be read any more')
    .option('--verify-files-percent <percent>', 'also read this share of all files', percentage, 0)
    .addHelpText('after', EXAMPLES);
  choice(command, '--invalid-file-handling <how>', 'what to do with lost files', HANDLING);
  command.setOptionValueWithSource('invalidFileHandling', 'stub', 'default');
  command.action(async () => {
    const flags = command.opts<InvalidFilesFlags>();
    const { invalidFileHandling: handling, verifyFilesPercent: filesPercent } = flags;
    await runFix(context, command, flags, { kind: 'invalid', handling, filesPercent });
  });
};

const EXAMPLES = `
Examples:
  holdfast snapshot fix invalid-files              what would change
  holdfast snapshot fix invalid-files --commit     replace lost files by notes that tell of them`;

interface RemoveFilesFlags extends FixFlags {
  readonly objectId: readonly string[];
  readonly filename: readonly string[];
}

const registerRemoveFiles: RegisterCommand = (group, context) => {
  const command = withFixFlags(group.command('remove-files')).description('take chosen files out');
  repeatable(command, '--object-id <id>', 'files with this object (can be repeated)');
  repeatable(command, '--filename <pattern>', 'files of this name, with wildcards (can be repeated)');
  command.action(async () => {
    const flags = command.opts<RemoveFilesFlags>();
    const select: FixSelection = { kind: 'chosen', objectIds: flags.objectId, fileNames: flags.filename };
    if (select.objectIds.length + select.fileNames.length === 0)
      throw usageError('say which files to remove: --filename or --object-id');
    await runFix(context, command, flags, select);
  });
};

function withFixFlags(command: Command): Command {
  command.option('--commit', 'do it; without this flag only what would change is told', false);
  repeatable(command, '--manifest-id <id>', 'only this snapshot (can be repeated)');
  repeatable(command, '--source <source>', 'only snapshots of this source (can be repeated)');
  choice(command, '--invalid-directory-handling <how>', 'what to do with lost directories', HANDLING);
  return command.setOptionValueWithSource('invalidDirectoryHandling', 'stub', 'default');
}
