import type { CommandLine } from '../measure.ts';
import {
  type BackupTool,
  bucketEnvironment,
  runUnmeasured,
  toolEnvironment,
  versionOf,
  type Workspace,
} from './tool.ts';

/** restic with its own defaults, but as uncompressed as the others where they are. */
export const restic: BackupTool = {
  name: 'restic',
  version: () => versionOf('restic', ['version']),
  create: (workspace) => void runUnmeasured(command(workspace, 'init', '--repository-version', '2')),
  backup: (workspace) => ({ ...command(workspace, 'backup', '.'), cwd: workspace.source }),
  restore: (workspace) => command(workspace, 'restore', 'latest', '--target', workspace.restored),
};

function command(workspace: Workspace, ...args: string[]): CommandLine {
  const { bucket } = workspace;
  return {
    program: 'restic',
    args: [...args, '--compression', workspace.compression === 'fast' ? 'auto' : 'off'],
    env: toolEnvironment(workspace.home, {
      RESTIC_REPOSITORY: bucket ? `s3:http://${bucket.endpoint}/${bucket.bucket}` : workspace.repository,
      RESTIC_PASSWORD: 'benchmark-password',
      RESTIC_CACHE_DIR: `${workspace.home}/cache`,
      ...bucketEnvironment(bucket),
    }),
  };
}
