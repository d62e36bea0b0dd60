import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { GoJsonObject, Repository } from '@holdfast/repository';
import {
  type DiffChange,
  DiffCounter,
  type DiffNode,
  type DiffStats,
  diffTrees,
  localSide,
  storedSide,
  uploaderErrorCode,
} from '@holdfast/uploader';
import type { CliContext } from '../../context.ts';
import { sendJson, sendJsonList, sendLines } from '../../output/send.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';
import { sourceOf } from '../source.ts';
import { changeJson, changeLines } from './report.ts';

interface DiffFlags {
  readonly statsOnly?: boolean;
  readonly json?: boolean;
}

/** `diff` */
export const registerDiff: RegisterCommand = (program, context) => {
  const command = program
    .command('diff')
    .alias('compare')
    .description('show what differs between two snapshots, or a snapshot and a directory')
    .argument(
      '<before>',
      'ID of a snapshot or object, with perhaps a path below it; or a path on this machine',
    )
    .argument('<after>', 'the same')
    .option('--stats-only', 'only count')
    .option('--json', 'print JSON, one difference a line')
    .addHelpText('after', EXAMPLES);
  command.action(async (before: string, after: string) => {
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      const left = await sideOf(context, repository, before);
      const right = await sideOf(context, repository, after);
      await present(context, diffTrees(left, right), command.opts<DiffFlags>());
    });
  });
};

const EXAMPLES = `
Examples:
  holdfast diff ID1 ID2
  holdfast diff ID/some/directory ~/some/directory    what has changed since, by size and time`;

/** What is in the repository wins over a path of the same name, which \`./\` in front tells apart. */
async function sideOf(context: CliContext, repository: Repository, text: string): Promise<DiffNode> {
  try {
    return await storedSide(repository, text);
  } catch (error) {
    const path = resolve(context.cwd, text);
    if (uploaderErrorCode(error) !== 'ENTRY_NOT_FOUND' || !existsSync(path)) throw error;
    return await localSide(repository, sourceOf(path, context, repository));
  }
}

async function present(
  context: CliContext,
  changes: AsyncIterable<DiffChange>,
  { statsOnly, json }: DiffFlags,
): Promise<void> {
  const counter = new DiffCounter();
  const counted = counting(changes, counter);
  if (statsOnly === true) for await (const _ of counted);
  else if (json === true) return await sendJsonList(context.stdout, jsonOf(counted));
  else await sendLines(context.stdout, linesOf(counted));
  await sendJson(context.stdout, statsJson(counter));
}

async function* counting(
  changes: AsyncIterable<DiffChange>,
  counter: DiffCounter,
): AsyncGenerator<DiffChange> {
  for await (const change of changes) {
    counter.add(change);
    yield change;
  }
}

async function* linesOf(changes: AsyncIterable<DiffChange>): AsyncGenerator<string> {
  for await (const change of changes) yield* changeLines(change);
}

async function* jsonOf(changes: AsyncIterable<DiffChange>): AsyncGenerator<GoJsonObject> {
  for await (const change of changes) yield changeJson(change);
}

/** Kopia's, which it prints at the end of every comparison. */
function statsJson({ fileEntries, directoryEntries }: DiffStats): GoJsonObject {
  return { fileEntries: { ...fileEntries }, directoryEntries: { ...directoryEntries } };
}
