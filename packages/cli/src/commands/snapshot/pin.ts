import { changePins, formatSource } from '@holdfast/uploader';
import { usageError } from '../../errors.ts';
import { repeatable } from '../../options.ts';
import { tell } from '../../output/messages.ts';
import { timeText } from '../../output/times.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';
import { snapshotsOfIds } from './by-id.ts';

interface PinFlags {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** `snapshot pin` */
export const registerPin: RegisterCommand = (group, context) => {
  const command = group
    .command('pin')
    .description('keep snapshots from expiring, or no longer')
    .argument('<ids...>', 'IDs of snapshots or of their roots');
  repeatable(command, '--add <pin>', 'reason to keep them (can be repeated)');
  repeatable(command, '--remove <pin>', 'reason that no longer holds (can be repeated)');
  command.action(async (ids: string[]) => {
    const { add, remove } = command.opts<PinFlags>();
    if (add.length + remove.length === 0) throw usageError('say which pins to --add or --remove');
    await withRepository(context, globalOptions(command), { access: 'write' }, async ({ repository }) => {
      const chosen = await snapshotsOfIds(repository, ids);
      const changed = await changePins(repository, chosen, { add, remove });
      for (const { id, source, startTimeNs, pins } of changed)
        tell(
          context,
          `Snapshot of ${formatSource(source)} at ${timeText(startTimeNs)} is ${id} now, ${pinsText(pins)}.`,
        );
      if (changed.length === 0) tell(context, 'No changes.');
    });
  });
};

function pinsText(pins: readonly string[]): string {
  return pins.length === 0 ? 'without pins' : `pinned: ${pins.join(', ')}`;
}
