import { type Connection, readConnectionFile, type Repository } from '@holdfast/repository';
import type { CliContext } from '../context.ts';
import { CliError } from '../errors.ts';
import { warn } from '../output/messages.ts';
import type { GlobalOptions } from '../program.ts';
import { type ConnectionPlace, connectionPlace } from './connection-path.ts';
import { connectEmbedded } from './embedded.ts';
import { openConnection, type OpenOptions } from './open-connection.ts';
import { existingPassword } from './password.ts';

/** The repository of a running command. */
export interface OpenedRepository {
  readonly repository: Repository;
  readonly connection: Connection;
  readonly connectionFile: string;
  /** What opened it. */
  readonly password: string;
}

/** Opens the connected repository, calls `use` with it, and closes it.
 *  Throws NOT_CONNECTED, PASSWORD_MISSING, and what opening throws. */
export async function withRepository<T>(
  context: CliContext,
  options: GlobalOptions,
  open: OpenOptions & {
    /** Without a connection, make or find the repository in the user's data directory. */
    readonly mayEmbed?: boolean;
    /** Afterwards, maintain the repository when that is due: for commands that change snapshots. */
    readonly maintains?: boolean;
  },
  use: (opened: OpenedRepository) => Promise<T>,
): Promise<T> {
  const place = connectionPlace(context, options);
  const { path: connectionFile, isDefault } = place;
  const connection =
    open.mayEmbed === true && isDefault
      ? ((await readConnectionFile(connectionFile)) ??
        (await connectEmbedded(context, options, connectionFile)))
      : await requireConnection(place);
  const password = await existingPassword(context, options, connectionFile);
  const repository = await openConnection(context, connection, { ...open, ...password });
  try {
    for (const warning of repository.opened.warnings) warn(context, warning);
    const result = await use({ repository, connection, connectionFile, password: password.password });
    if (open.maintains === true && options.autoMaintenance && !connection.readonly) {
      const { maintainWhenDue } = await import('./auto-maintenance.ts');
      await maintainWhenDue(context, options, repository);
    }
    return result;
  } finally {
    await repository.close();
  }
}

/** The connection kept there. Throws NOT_CONNECTED when there is none. */
export async function requireConnection({ path, isDefault }: ConnectionPlace): Promise<Connection> {
  const connection = await readConnectionFile(path);
  if (connection === undefined) throw notConnected(path, isDefault);
  return connection;
}

function notConnected(connectionFile: string, isDefault: boolean): CliError {
  return new CliError(
    'NOT_CONNECTED',
    isDefault
      ? 'no repository is connected: run `holdfast repository connect` or `repository create`, ' +
          'or just `holdfast snapshot create DIR`, which makes one'
      : `no repository is connected, there is no file ${connectionFile}: run \`holdfast repository connect\` ` +
          'or `repository create` with the same --config-file',
  );
}
