// node --conditions=source benchmarks/main.ts --help
import { mkdtempSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BenchmarkCase, benchmarkCases } from './cases.ts';
import { formatTable, summarize } from './report.ts';
import { type Run, runCase } from './run-case.ts';
import { holdfast, kopia } from './tools/kopia-like.ts';
import { restic } from './tools/restic.ts';
import type { BackupTool } from './tools/tool.ts';

const usage = `node --conditions=source benchmarks/main.ts [flags]
  --cases NAMES       large,medium,small,source,million (all)
  --tools NAMES       holdfast,kopia,restic (those installed)
  --pairs N           runs of each tool, taking turns (5)
  --size small|full   small only tries the harness out (full)
  --directory DIR     RAM disk for data and repositories (/dev/shm)
  --json              medians and all single runs as JSON`;

const { values: flags } = parseArgs({
  options: {
    cases: { type: 'string' },
    tools: { type: 'string' },
    pairs: { type: 'string', default: '5' },
    size: { type: 'string', default: 'full' },
    directory: { type: 'string', default: '/dev/shm' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (flags.help) console.log(usage);
else await benchmark();

async function benchmark(): Promise<void> {
  const tools = installedTools();
  const runs: Run[] = [];
  for (const selected of selectedCases()) {
    console.error(`${selected.name}: ${selected.title}`);
    await runCase(selected, {
      tools,
      pairs: Number(flags.pairs),
      directory: mkdtempSync(join(flags.directory, 'holdfast-benchmark-')),
      onRun: (run) => {
        runs.push(run);
        console.error(describeRun(run));
      },
    });
  }
  const rows = summarize(runs);
  if (flags.json)
    console.log(JSON.stringify({ machine: describeMachine(), tools: versions(tools), rows, runs }, null, 1));
  else
    console.log(`${describeMachine()}\n${Object.values(versions(tools)).join('\n')}\n\n${formatTable(rows)}`);
}

function selectedCases(): readonly BenchmarkCase[] {
  if (flags.size !== 'small' && flags.size !== 'full')
    throw new Error(`--size is small or full, not ${flags.size}`);
  return select(benchmarkCases(flags.size), flags.cases);
}

function installedTools(): readonly BackupTool[] {
  return select([holdfast, kopia, restic], flags.tools).filter((tool) => {
    const isInstalled = tool.version() !== undefined;
    if (!isInstalled) console.error(`${tool.name} is not installed: left out`);
    return isInstalled;
  });
}

/** The named ones of `all`; every one when nothing was named. */
function select<T extends { readonly name: string }>(
  all: readonly T[],
  names: string | undefined,
): readonly T[] {
  if (names === undefined) return all;
  return names.split(',').map((name) => {
    const found = all.find((candidate) => candidate.name === name);
    if (!found) throw new Error(`${name} is none of ${all.map((one) => one.name).join(', ')}`);
    return found;
  });
}

function versions(tools: readonly BackupTool[]): Record<string, string> {
  return Object.fromEntries(tools.map((tool) => [tool.name, `${tool.name}: ${tool.version() ?? 'unknown'}`]));
}

function describeMachine(): string {
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}, ${memoryGiB} GiB, Linux ${release()}, Node ${process.version}`;
}

function describeRun(run: Run): string {
  const costs = Object.entries(run.costs).map(
    ([step, cost]) =>
      `${step} ${cost.wallSeconds.toFixed(2)} s ${Math.round(cost.peakTreeRssBytes / 1e6)} MB`,
  );
  return `  ${run.tool}: ${costs.join(', ')}`;
}
