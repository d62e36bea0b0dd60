import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchmarkCase } from './cases.ts';
import { type Cost, measure } from './measure.ts';
import type { BackupTool, Workspace } from './tools/tool.ts';
import { verifyRestored } from './verify.ts';

/** The steps every tool is measured in, in this order. */
export const steps = ['backup', 'unchanged', 'restore'] as const;

/** One of `steps`. */
export type Step = (typeof steps)[number];

/** What one tool took for one case, one pass over it. */
export interface Run {
  readonly caseName: string;
  readonly tool: string;
  readonly costs: Readonly<Record<Step, Cost>>;
  /** Size of the repository after the first backup. */
  readonly repositoryBytes: number;
}

/** How to run a case. */
export interface RunOptions {
  readonly tools: readonly BackupTool[];
  /** How many times each tool runs; the tools take turns (A B A B), so that a slow minute hits all of them. */
  readonly pairs: number;
  /** Where data and repositories are kept while running; a RAM disk, so that no disk is measured. */
  readonly directory: string;
  onRun(run: Run): void;
}

/** Makes the data of `benchmark`, runs all tools over it and removes everything again.
 *  The first restore of each tool is compared with the data, byte for byte. */
export async function runCase(benchmark: BenchmarkCase, options: RunOptions): Promise<void> {
  const source = join(options.directory, 'source');
  try {
    mkdirSync(source, { recursive: true });
    benchmark.make(source);
    for (let pair = 0; pair < options.pairs; pair++) {
      for (const tool of options.tools) {
        options.onRun(await runOnce(benchmark, tool, options.directory, pair === 0));
      }
    }
  } finally {
    rmSync(options.directory, { recursive: true, force: true });
  }
}

async function runOnce(
  benchmark: BenchmarkCase,
  tool: BackupTool,
  directory: string,
  verify: boolean,
): Promise<Run> {
  const workspace = makeWorkspace(directory, tool, benchmark.compression);
  try {
    tool.create(workspace);
    const backup = await measure(tool.backup(workspace));
    const repositoryBytes = sizeOf(workspace.repository);
    const unchanged = await measure(tool.backup(workspace));
    const restore = await measure(tool.restore(workspace));
    if (verify) verifyRestored(workspace.source, workspace.restored);
    return {
      caseName: benchmark.name,
      tool: tool.name,
      costs: { backup, unchanged, restore },
      repositoryBytes,
    };
  } finally {
    rmSync(join(directory, tool.name), { recursive: true, force: true });
  }
}

function makeWorkspace(
  directory: string,
  tool: BackupTool,
  compression: Workspace['compression'],
): Workspace {
  const own = join(directory, tool.name);
  const [repository, home, restored] = [join(own, 'repository'), join(own, 'home'), join(own, 'restored')];
  for (const path of [repository, home, restored]) mkdirSync(path, { recursive: true });
  return { source: join(directory, 'source'), repository, home, restored, compression };
}

function sizeOf(directory: string): number {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + lstatSync(join(entry.parentPath, entry.name)).size, 0);
}
