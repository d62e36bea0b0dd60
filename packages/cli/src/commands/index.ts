import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { registerBlob } from './blob.ts';
import { registerCache } from './cache/group.ts';
import { registerContent } from './content/group.ts';
import { registerDiff } from './diff/command.ts';
import { registerIndex } from './index-blobs.ts';
import { registerList } from './list.ts';
import { registerMaintenance } from './maintenance/group.ts';
import { registerManifest } from './manifest.ts';
import { registerPolicy } from './policy/group.ts';
import { registerRepository } from './repository/group.ts';
import { registerRestore } from './restore/command.ts';
import { registerShow } from './show.ts';
import { registerSnapshot } from './snapshot/group.ts';

/** What each file of this folder exports: adds one command, or one group of them, to `program`. */
export type RegisterCommand = (program: Command, context: CliContext) => void;

/** All commands, in the order `--help` lists them. */
export const commands: readonly RegisterCommand[] = [
  registerSnapshot,
  registerRestore,
  registerRepository,
  registerPolicy,
  registerMaintenance,
  registerList,
  registerShow,
  registerDiff,
  registerManifest,
  registerContent,
  registerBlob,
  registerIndex,
  registerCache,
];
