import { PROVIDERS } from '../../storage/provider.ts';
import type { RegisterCommand } from '../index.ts';
import { connectTo } from './connect-to.ts';
import { addConnectionFlags } from './connection-flags.ts';
import { registerFromConfig } from './from-config.ts';

/** `repository connect <storage>` */
export const registerConnect: RegisterCommand = (group, context) => {
  const parent = group.command('connect').description('connect to an existing repository');
  for (const provider of PROVIDERS) {
    const command = parent
      .command(provider.subcommand ?? provider.type)
      .description(`connect to a repository in ${provider.description}`);
    provider.addFlags(command);
    addConnectionFlags(command);
    command.action(async () => connectTo(context, command, provider.location(command, context, {})));
  }
  registerFromConfig(parent, context);
};
