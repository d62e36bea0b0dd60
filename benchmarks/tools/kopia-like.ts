import { fileURLToPath } from 'node:url';
import type { CommandLine } from '../measure.ts';
import {
  type BackupTool,
  bucketEnvironment,
  type BucketPlace,
  runUnmeasured,
  toolEnvironment,
  versionOf,
  type Workspace,
} from './tool.ts';

const password = 'benchmark-password';

/** kopia with its own defaults. */
export const kopia: BackupTool = kopiaLike('kopia', { program: 'kopia', args: [], createFlags: [] });

/** Holdfast from this checkout, started without npx, with the algorithms kopia defaults to. */
export const holdfast: BackupTool = kopiaLike('holdfast', {
  program: process.execPath,
  args: [fileURLToPath(new URL('../../packages/cli/bin/holdfast.js', import.meta.url))],
  createFlags: ['--kopia-defaults'],
});

interface Invocation {
  readonly program: string;
  readonly args: readonly string[];
  readonly createFlags: readonly string[];
}

/** Both speak the same command line. */
function kopiaLike(name: string, invocation: Invocation): BackupTool {
  const command = (workspace: Workspace, ...args: string[]): CommandLine => ({
    program: invocation.program,
    args: [...invocation.args, ...args],
    env: { ...kopiaEnvironment(workspace.home), ...bucketEnvironment(workspace.bucket) },
  });
  return {
    name,
    version: () => versionOf(invocation.program, [...invocation.args, '--version']),
    create: (workspace) => {
      const create = ['repository', 'create', ...placeFlags(workspace)];
      runUnmeasured(command(workspace, ...create, ...invocation.createFlags));
      const algorithm = workspace.compression === 'fast' ? 'zstd-fastest' : 'none';
      runUnmeasured(command(workspace, 'policy', 'set', '--global', `--compression=${algorithm}`));
    },
    backup: (workspace) =>
      command(workspace, 'snapshot', 'create', '--no-progress', '--no-auto-maintenance', workspace.source),
    restore: (workspace) => {
      const listing = runUnmeasured(command(workspace, 'snapshot', 'list', '--json'));
      return command(
        workspace,
        'snapshot',
        'restore',
        '--no-progress',
        newestId(listing),
        workspace.restored,
      );
    },
  };
}

function placeFlags({ bucket, repository }: Workspace): string[] {
  return bucket === undefined ? ['filesystem', '--path', repository] : bucketFlags(bucket);
}

/** kopia does not find the keys by itself. */
function bucketFlags({ bucket, endpoint, region, accessKey, secretKey }: BucketPlace): string[] {
  const place = [`--bucket=${bucket}`, `--endpoint=${endpoint}`, `--region=${region}`, '--disable-tls'];
  return ['s3', ...place, `--access-key=${accessKey}`, `--secret-access-key=${secretKey}`];
}

function kopiaEnvironment(home: string): Record<string, string> {
  return toolEnvironment(home, {
    KOPIA_CONFIG_PATH: `${home}/repository.config`,
    KOPIA_CACHE_DIRECTORY: `${home}/cache`,
    KOPIA_LOG_DIR: `${home}/logs`,
    KOPIA_PASSWORD: password,
    KOPIA_CHECK_FOR_UPDATES: 'false',
  });
}

function newestId(listing: string): string {
  // Both print oldest first.
  const snapshots = JSON.parse(listing) as readonly { readonly id: string }[];
  const id = snapshots.at(-1)?.id;
  if (id === undefined) throw new Error('there is no snapshot to restore');
  return id;
}
