import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import {
  type Connection,
  passwordFilePath,
  readPasswordFile,
  repositoryErrorCode,
  type StorageLocation,
  userPaths,
  writePasswordFile,
} from '@holdfast/repository';
import type { CliContext } from '../context.ts';
import { tell } from '../output/messages.ts';
import type { GlobalOptions } from '../program.ts';
import { connect, connectToKnown, DEFAULT_SETTINGS } from './connect.ts';
import { create, INITIAL_POLICY } from './create.ts';
import { writingTo } from './local-file.ts';
import { existingPassword, type FoundPassword, givenPassword } from './password.ts';
import { repositoryId } from './repository-id.ts';

/** The repository that is made when somebody backs up without having chosen one. */
export interface EmbeddedPlace {
  readonly directory: string;
  /** Its password is kept beside this name, whatever the user connects to or disconnects from. */
  readonly passwordName: string;
}

/** Where that repository and its password lie. */
export function embeddedPlace({ env }: CliContext): EmbeddedPlace {
  const { dataDirectory, connectionFile } = userPaths(env);
  return {
    directory: join(dataDirectory, 'repository'),
    passwordName: join(dirname(connectionFile), 'embedded'),
  };
}

/** Whether a connection leads to that repository. */
export function isEmbedded(context: CliContext, { type, config }: StorageLocation): boolean {
  return type === 'filesystem' && config['path'] === embeddedPlace(context).directory;
}

/** Connects to the embedded repository, which is made at first; says where it and its password are. */
export async function connectEmbedded(
  context: CliContext,
  options: GlobalOptions,
  connectionFile: string,
): Promise<Connection> {
  const { directory, passwordName } = embeddedPlace(context);
  const storage: StorageLocation = {
    type: 'filesystem',
    config: { path: directory, fileMode: 0o600, dirMode: 0o700, dirShards: null },
  };
  const request = { storage, place: `Filesystem: ${directory}`, settings: DEFAULT_SETTINGS, persist: true };
  if (await hasRepository(context, storage)) {
    const password = await existingPassword(context, options, passwordName);
    const connection = await connect(context, connectionFile, { ...request, password });
    tell(context, `Using the repository in ${directory}.`);
    return connection;
  }
  const password = await passwordToBe(context, options, passwordName);
  const made = { storage, password: password.password, format: {}, policy: INITIAL_POLICY };
  const opened = await create(context, made);
  const connection = await connectToKnown(context, connectionFile, { ...request, password, opened });
  tell(context, newsOf(directory, passwordName));
  return connection;
}

/** The password is on disk before anything is encrypted with it; one left by an interrupted attempt is used again. */
async function passwordToBe(
  context: CliContext,
  options: GlobalOptions,
  passwordName: string,
): Promise<FoundPassword> {
  const password =
    givenPassword(context, options)?.password ??
    (await readPasswordFile(passwordName)) ??
    randomBytes(32).toString('base64url');
  const file = passwordFilePath(passwordName);
  await writingTo(file, NEEDS_PASSWORD, () => writePasswordFile(passwordName, password));
  return { password, origin: file };
}

const NEEDS_PASSWORD =
  'no repository was made, for its password could not be kept: put that right, or choose the places with ' +
  '`holdfast repository create`';

async function hasRepository(context: CliContext, location: StorageLocation): Promise<boolean> {
  try {
    await repositoryId(context, location);
    return true;
  } catch (error) {
    const code = repositoryErrorCode(error);
    if (code === 'STORAGE_NOT_FOUND' || code === 'NOT_A_REPOSITORY') return false;
    throw error;
  }
}

function newsOf(directory: string, passwordName: string): string {
  return [
    'No repository is connected, so a new one was made:',
    `  repository  ${directory}`,
    `  password    ${passwordFilePath(passwordName)}`,
    'Keep a copy of the password elsewhere: without it nobody can read these backups.',
    '',
  ].join('\n');
}
