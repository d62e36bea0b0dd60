import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { choice } from '../../options.ts';
import { tell } from '../../output/messages.ts';
import { globalOptions } from '../../program.ts';
import type { RegisterCommand } from '../index.ts';
import { keptCaching } from './connected.ts';

/** `cache clear` */
export const registerCacheClear: RegisterCommand = (group, context) => {
  const command = group
    .command('clear')
    .description('delete what is cached; it is fetched again when it is needed')
    .addHelpText('after', '\nNo other command may be using the cache meanwhile.');
  choice(command, '--partial <part>', 'only this part', PARTS);
  command.action(async () => {
    const { partial } = command.opts<{ readonly partial?: string }>();
    const { directory } = await keptCaching(context, globalOptions(command));
    const names = partial === undefined ? [...PARTS, ...OTHERS] : [partial];
    for (const name of names)
      for (const path of [join(directory, name), join(directory, `.${name}-size`)])
        await rm(path, { recursive: true, force: true });
    tell(context, `Cleared ${partial === undefined ? directory : join(directory, partial)}.`);
  });
};

const PARTS = ['contents', 'indexes', 'metadata', 'own-writes', 'blob-list', 'stats'];

/** What kopia keeps besides. Nothing else is deleted: the directory may hold what is no cache, were it the wrong one. */
const OTHERS = ['index-blobs', 'server-contents', 'kopia.repository', 'kopia.blobcfg'];
