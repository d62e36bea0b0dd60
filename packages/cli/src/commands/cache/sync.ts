import { syncMetadata } from '@holdfast/repository';
import { wholeNumber } from '../../options.ts';
import { tell } from '../../output/messages.ts';
import { bytesText, counted, countText } from '../../output/units.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';

/** `cache sync` */
export const registerCacheSync: RegisterCommand = (group, context) => {
  const command = group
    .command('sync')
    .description('fetch all directories and manifests into the cache, as far as it lacks them')
    .option('--parallel <n>', 'packs fetched at the same time, fewer when they are large', wholeNumber(1), 16)
    .addHelpText(
      'after',
      '\nWorth it before many snapshots are listed, searched or compared. They have to fit: see `cache info`.',
    );
  command.action(async () => {
    const { parallel } = command.opts<{ readonly parallel: number }>();
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      const { cache, storage } = repository;
      if (cache === undefined)
        return tell(context, 'Nothing to fetch: the repository is local, or the connection has no cache.');
      const result = await syncMetadata(cache, { storage, parallel, signal: context.signal });
      tell(
        context,
        `Fetched ${counted(result.fetchedCount, 'metadata pack')} (${bytesText(result.fetchedBytes)}), ` +
          `${countText(result.presentCount)} were there.`,
      );
    });
  });
};
