import { parseObjectId, readObject } from '@holdfast/repository';
import { findEntry } from '@holdfast/uploader';
import { globalOptions } from '../program.ts';
import { withRepository } from '../session/open.ts';
import type { RegisterCommand } from './index.ts';

/** `show` */
export const registerShow: RegisterCommand = (program, context) => {
  const command = program
    .command('show')
    .alias('cat')
    .description('print a file of a snapshot')
    .argument('<object-path>', 'ID of a snapshot or object, then perhaps /path/below/it');
  command.action(async (objectPath: string) => {
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      const { objectId } = await findEntry(repository, objectPath);
      const options = { ahead: CONTENTS_AHEAD, signal: context.signal };
      for await (const chunk of readObject(repository.contents, parseObjectId(objectId), options))
        await context.stdout.send(chunk);
    });
  });
};

/** Enough to fill a line while one is printed, few enough to be held in memory. */
const CONTENTS_AHEAD = 3;
