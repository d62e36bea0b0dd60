import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

/** What each file of this folder exports as `register`: adds one command, or one group of them, to `program`. */
export type RegisterCommand = (program: Command, context: CliContext) => void;

/** All commands, in the order `--help` lists them. */
export const commands: readonly RegisterCommand[] = [];
