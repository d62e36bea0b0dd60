import { basename, dirname, join, resolve } from 'node:path';
import { userPaths } from '@holdfast/repository';
import type { CliContext } from '../context.ts';
import type { GlobalOptions } from '../program.ts';

/** Where the connection is kept, and whether anybody said so. */
export interface ConnectionPlace {
  /** Absolute. */
  readonly path: string;
  readonly isDefault: boolean;
}

/** The connection file in use: `--config-file`, `KOPIA_CONFIG_PATH`, then the user's own. As with kopia, a name without a
 *  directory lies in the configuration directory. */
export function connectionPlace({ env, cwd }: CliContext, { configFile }: GlobalOptions): ConnectionPlace {
  const chosen = configFile ?? env['KOPIA_CONFIG_PATH'] ?? '';
  if (chosen === '') return { path: userPaths(env).connectionFile, isDefault: true };
  if (basename(chosen) !== chosen) return { path: resolve(cwd, chosen), isDefault: false };
  return { path: join(dirname(userPaths(env).connectionFile), chosen), isDefault: false };
}
