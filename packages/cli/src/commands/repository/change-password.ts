import { randomBytes } from 'node:crypto';
import { changePassword, formatKeyFile, keepFormatKey, writePasswordFile } from '@holdfast/repository';
import type { CliContext } from '../../context.ts';
import { tell, warn } from '../../output/messages.ts';
import { globalOptions } from '../../program.ts';
import { embeddedPlace, isEmbedded } from '../../session/embedded.ts';
import { withRepository } from '../../session/open.ts';
import { askTwice } from '../../session/password.ts';
import type { RegisterCommand } from '../index.ts';

interface ChangePasswordFlags {
  readonly newPassword?: string;
}

/** `repository change-password` */
export const registerChangePassword: RegisterCommand = (group, context) => {
  const command = group
    .command('change-password')
    .description('protect the repository with another password')
    .option('--new-password <password>', 'new password; HOLDFAST_NEW_PASSWORD keeps it out of process lists');
  command.action(async () => {
    const options = globalOptions(command);
    await withRepository(context, options, { access: 'write' }, async (opened) => {
      const { repository, connection, connectionFile, password: oldPassword } = opened;
      const newPassword = await chosenPassword(context, command.opts());
      const changed = await changePassword(repository.storage, { oldPassword, newPassword }, randomBytes);
      if (options.persistCredentials) {
        await writePasswordFile(connectionFile, newPassword);
        await keepFormatKey(formatKeyFile(connectionFile, newPassword), changed);
      }
      if (isEmbedded(context, connection.storage))
        await writePasswordFile(embeddedPlace(context).passwordName, newPassword);
    });
    tell(context, 'The password has been changed. Other clients notice within 15 minutes.');
  });
};

async function chosenPassword(context: CliContext, { newPassword }: ChangePasswordFlags): Promise<string> {
  if (newPassword !== undefined) {
    warn(context, 'others on this machine can see --new-password in the list of processes');
    return newPassword;
  }
  const { HOLDFAST_NEW_PASSWORD: ours, KOPIA_NEW_PASSWORD: theirs } = context.env;
  return (ours ?? theirs ?? '') || (await askTwice(context));
}
