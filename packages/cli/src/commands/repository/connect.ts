import { resolve } from 'node:path';
import { tell } from '../../output/messages.ts';
import { globalOptions } from '../../program.ts';
import { connect } from '../../session/connect.ts';
import { connectionPlace } from '../../session/connection-path.ts';
import { existingPassword } from '../../session/password.ts';
import { repositoryId } from '../../session/repository-id.ts';
import { PROVIDERS } from '../../storage/provider.ts';
import { addConnectionFlags, connectionSettings } from './connection-flags.ts';
import type { RegisterCommand } from '../index.ts';

/** `repository connect <storage>` */
export const registerConnect: RegisterCommand = (group, context) => {
  const parent = group.command('connect').description('connect to an existing repository');
  for (const provider of PROVIDERS) {
    const command = parent
      .command(provider.subcommand ?? provider.type)
      .description(`connect to a repository in ${provider.description}`);
    provider.addFlags(command);
    addConnectionFlags(command);
    command.action(async () => {
      const options = globalOptions(command);
      const { path } = connectionPlace(context, options);
      const storage = provider.location(command, context, {});
      // Before anybody types a password for nothing.
      await repositoryId(storage);
      await connect(context, path, {
        storage,
        place: provider.describe(storage),
        settings: connectionSettings(command, context),
        password: await existingPassword(context, options, undefined),
        persist: options.persistCredentials,
      });
      tell(context, `Connected to ${provider.describe(storage)} (${resolve(path)}).`);
    });
  }
};
