import { statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { GoJson, StorageLocation } from '@holdfast/repository';
import type { CliContext } from '../context.ts';
import { octalMode, wholeNumber } from '../options.ts';
import { addSpeedFlags, type SpeedFlags, speedMembers } from './bucket-flags.ts';
import type { StorageProvider } from './provider.ts';

interface FilesystemFlags extends SpeedFlags {
  readonly path: string;
  readonly ownerUid?: number;
  readonly ownerGid?: number;
  readonly fileMode?: number;
  readonly dirMode?: number;
  readonly flat?: boolean;
}

/** A directory of this machine. Source of flags and members: kopia cli/storage_filesystem.go. */
export const filesystemProvider: StorageProvider = {
  type: 'filesystem',
  description: 'a directory of this machine, or one that is mounted',
  secrets: [],
  locksBlobs: false,
  addFlags: (command) => {
    command
      .requiredOption('--path <directory>', 'directory of the repository')
      .option('--owner-uid <user>', 'user ID that new files belong to', wholeNumber())
      .option('--owner-gid <group>', 'group ID that new files belong to', wholeNumber())
      .option('--file-mode <mode>', 'mode of new files (0600)', octalMode)
      .option('--dir-mode <mode>', 'mode of new directories (0700)', octalMode)
      .option('--flat', 'all files in one directory');
    addSpeedFlags(command);
  },
  location: (command, context, { formatVersion }) => {
    const flags = command.opts<FilesystemFlags>();
    return {
      type: 'filesystem',
      config: {
        path: resolve(context.cwd, homePath(flags.path, context)),
        fileMode: flags.fileMode ?? 0o600,
        dirMode: flags.dirMode ?? 0o700,
        uid: flags.ownerUid,
        gid: flags.ownerGid,
        dirShards: shardsOf(flags, formatVersion),
        ...speedMembers(flags),
      },
    };
  },
  describe: (location) => `Filesystem: ${pathOf(location)}`,
  capacity: async (location) => {
    const { blocks, bavail, bsize } = await statfs(pathOf(location));
    return { capacity: blocks * bsize, available: bavail * bsize };
  },
};

function pathOf({ config }: StorageLocation): string {
  return typeof config['path'] === 'string' ? config['path'] : '';
}

/** Null means as the storage itself records; clients of format 1 don't look there. */
function shardsOf({ flat }: FilesystemFlags, formatVersion: number | undefined): GoJson {
  if (flat === true) return [];
  return formatVersion === 1 ? [3, 3] : null;
}

function homePath(path: string, { env }: CliContext): string {
  return /^~(?:\/|$)/.test(path) ? join(env['HOME'] ?? '', path.slice(1)) : path;
}
