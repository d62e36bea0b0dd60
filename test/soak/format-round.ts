import {
  EMPTY_POLICY,
  GLOBAL_SOURCE,
  loadSnapshot,
  savePolicy,
  type SnapshotManifest,
} from '@holdfast/uploader';

import { compareDirectories } from '../support/compare-directories.ts';
import { backUp, createLocal, openLocal, openScratch, restore, verifyAll } from '../support/repository.ts';
import { openTool, type Tool } from '../support/tools.ts';
import {
  connectWithKopia,
  createWithKopia,
  formatDifferences,
  snapshotWithKopia,
  verifyWithKopia,
} from './format-kopia.ts';
import { chunkLength, type FormatRow, newFormatOf } from './format-rows.ts';
import { compressionDifferences, sharedFileDifferences } from './format-stored.ts';
import { addToFormatTree, writeFormatTree } from './format-tree.ts';

/** What one repository is checked with. */
interface Round {
  readonly row: FormatRow;
  readonly kopia: Tool;
  readonly repository: string;
  readonly tree: string;
  readonly target: string;
}

type Problems = readonly string[];

/** Everything that is wrong with repositories of this format, empty when nothing is: with one that Holdfast makes and kopia
 *  reads and adds to, and with one the other way round. Needs kopia on PATH. Works below `place`. */
export async function checkFormat(row: FormatRow, place?: string): Promise<Problems> {
  const problems: string[] = [];
  for (const direction of [holdfastFirst, kopiaFirst]) {
    using scratch = openScratch(place);
    using kopia = openTool('kopia');
    const [repository, tree, target] = [scratch.at('repository'), scratch.at('tree'), scratch.at('target')];
    writeFormatTree(tree, chunkLength(row));
    const found = await direction({ row, kopia, repository, tree, target }).catch(textOfError);
    problems.push(...found.map((problem) => `${direction.name}: ${problem}`));
  }
  return problems;
}

async function holdfastFirst({ row, kopia, repository: path, tree, target }: Round): Promise<Problems> {
  const created = await createLocal(path, newFormatOf(row));
  await savePolicy(created, GLOBAL_SOURCE, {
    ...EMPTY_POLICY,
    compression: { compressorName: row.compression },
  });
  const first = await backUp(created, tree);
  await created.close();

  connectWithKopia(kopia, path);
  const problems = [...formatDifferences(kopia, row)];
  verifyWithKopia(kopia, first.snapshot.id);
  kopia.mustRun(['snapshot', 'restore', first.snapshot.id, target]);
  problems.push(...dataDifferences(tree, target));
  addToFormatTree(tree);
  const second = snapshotWithKopia(kopia, tree);

  const repository = await openLocal(path);
  const both: readonly [SnapshotManifest, SnapshotManifest] = [
    await loadSnapshot(repository, first.snapshot.id),
    await loadSnapshot(repository, second),
  ];
  problems.push(...(await verifyAll(repository)));
  problems.push(...(await sharedFileDifferences(repository, both, row)));
  problems.push(...(await compressionDifferences(repository, both[1], row)));
  await repository.close();
  return problems;
}

async function kopiaFirst({ row, kopia, repository: path, tree, target }: Round): Promise<Problems> {
  createWithKopia(kopia, path, row);
  const problems = [...formatDifferences(kopia, row)];
  const first = snapshotWithKopia(kopia, tree);

  const repository = await openLocal(path);
  const theirs = await loadSnapshot(repository, first);
  problems.push(...(await verifyAll(repository)));
  const restored = await restore(repository, theirs, target);
  problems.push(...restored.failed.map(({ path: file }) => `${file} could not be restored`));
  problems.push(...dataDifferences(tree, target));
  addToFormatTree(tree);
  const { snapshot } = await backUp(repository, tree);
  problems.push(...(await sharedFileDifferences(repository, [theirs, snapshot], row)));
  problems.push(...(await compressionDifferences(repository, snapshot, row)));
  await repository.close();
  verifyWithKopia(kopia, snapshot.id);
  return problems;
}

/** kopia leaves the times of directories as they come. */
function dataDifferences(tree: string, target: string): Problems {
  return compareDirectories(tree, target).filter((line) => !/^\S+(tree|below): mtime/.test(line));
}

function textOfError(error: unknown): Problems {
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}
