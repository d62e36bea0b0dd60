import type { StorageLocation } from '@holdfast/repository';
import type { Command } from 'commander';
import type { CliContext } from '../../context.ts';
import { tell } from '../../output/messages.ts';
import { globalOptions } from '../../program.ts';
import { connect } from '../../session/connect.ts';
import { connectionPlace } from '../../session/connection-path.ts';
import { existingPassword, type FoundPassword } from '../../session/password.ts';
import { repositoryId } from '../../session/repository-id.ts';
import { describeLocation } from '../../storage/provider.ts';
import { connectionSettings } from './connection-flags.ts';

/** Connects to the repository at `storage` as the flags of `command` say. The password is asked for when neither they
 *  nor the caller know it. Throws what opening throws. */
export async function connectTo(
  context: CliContext,
  command: Command,
  storage: StorageLocation,
  known?: FoundPassword,
): Promise<void> {
  const options = globalOptions(command);
  const { path } = connectionPlace(context, options);
  // Before anybody types a password for nothing.
  await repositoryId(context, storage);
  const place = describeLocation(storage);
  await connect(context, path, {
    storage,
    place,
    settings: connectionSettings(command, context),
    password: known ?? (await existingPassword(context, options, undefined)),
    persist: options.persistCredentials,
  });
  tell(context, `Connected to ${place} (${path}).`);
}
