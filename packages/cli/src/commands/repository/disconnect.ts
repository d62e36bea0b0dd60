import { rm } from 'node:fs/promises';
import { deletePasswordFile, passwordFilePath, readConnectionFile } from '@holdfast/repository';
import { tell } from '../../output/messages.ts';
import { globalOptions } from '../../program.ts';
import { connectionPlace } from '../../session/connection-path.ts';
import { embeddedPlace, isEmbedded } from '../../session/embedded.ts';
import type { RegisterCommand } from '../index.ts';

/** `repository disconnect` */
export const registerDisconnect: RegisterCommand = (group, context) => {
  const command = group
    .command('disconnect')
    .description('forget the connection and its password; the repository stays as it is');
  command.action(async () => {
    const { path } = connectionPlace(context, globalOptions(command));
    // A damaged file must not keep anybody from getting rid of it.
    const connection = await readConnectionFile(path).catch(() => undefined);
    await rm(path, { force: true });
    await deletePasswordFile(path);
    const { directory, passwordName } = embeddedPlace(context);
    tell(
      context,
      connection && isEmbedded(context, connection.storage)
        ? `Disconnected. ${directory} and its password in ${passwordFilePath(passwordName)} stay.`
        : 'Disconnected.',
    );
  });
};
