import type { Caching, Connection } from '@holdfast/repository';
import type { CliContext } from '../../context.ts';
import { CliError } from '../../errors.ts';
import type { GlobalOptions } from '../../program.ts';
import { connectionPlace } from '../../session/connection-path.ts';
import { requireConnection } from '../../session/open.ts';

/** A connection and the file it is kept in. */
export interface KeptConnection {
  readonly connection: Connection;
  readonly connectionFile: string;
}

/** The connection as it is recorded; the repository is not opened. Throws NOT_CONNECTED. */
export async function keptConnection(context: CliContext, options: GlobalOptions): Promise<KeptConnection> {
  const place = connectionPlace(context, options);
  return { connection: await requireConnection(place), connectionFile: place.path };
}

/** The cache of that connection. Throws NOT_CONNECTED; NOTHING_TO_DO when it has none. */
export async function keptCaching(context: CliContext, options: GlobalOptions): Promise<Caching> {
  const { caching } = (await keptConnection(context, options)).connection;
  if (caching.directory === '') throw noCache();
  return caching;
}

/** NOTHING_TO_DO: the connection has no cache. */
export function noCache(): CliError {
  return new CliError(
    'NOTHING_TO_DO',
    'this connection has no cache: `holdfast cache set --content-cache-size-mb 5000` gives it one',
  );
}
