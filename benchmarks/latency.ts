// node --conditions=source benchmarks/latency.ts --help
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { S3Rig } from '../test/rigs/s3-rig.ts';
import { startSeaweedFs } from '../test/rigs/seaweedfs.ts';
import { startVersityGw } from '../test/rigs/versitygw.ts';
import { makeFiles, makeLargeFile } from './data.ts';
import { type LatencyLine, type LineCounts, startLatencyLine } from './latency-line.ts';
import { type Cost, measure } from './measure.ts';
import { holdfast, kopia } from './tools/kopia-like.ts';
import { restic } from './tools/restic.ts';
import type { BackupTool, BucketPlace, Workspace } from './tools/tool.ts';
import { verifyRestored } from './verify.ts';

/* Backup and restore across a line to an object store: time, memory, requests and bytes, with and without latency. */

const { values: flags } = parseArgs({
  options: {
    cases: { type: 'string', default: 'large,files,tree' },
    tools: { type: 'string', default: 'holdfast,kopia,restic' },
    'round-trips': { type: 'string', default: '0,50' },
    server: { type: 'string', default: 'versitygw' },
    scale: { type: 'string', default: '1' },
    directory: { type: 'string', default: '/dev/shm' },
    help: { type: 'boolean', default: false },
  },
});

const usage = `node --conditions=source benchmarks/latency.ts [flags]
  --cases NAMES        large: one file of 2 GiB, files: 20,000 of 4 KiB, tree: 200,000 of 100 B (all)
  --tools NAMES        holdfast,kopia,restic (all)
  --round-trips MS     milliseconds, several with commas (0,50)
  --server NAME        versitygw or seaweedfs (versitygw)
  --scale SHARE        less data, to try the harness out (1)
  --directory DIR      RAM disk for everything (/dev/shm)`;

const SERVERS: Readonly<Record<string, () => Promise<S3Rig>>> = {
  seaweedfs: startSeaweedFs,
  versitygw: startVersityGw,
};

const scale = Number(flags.scale);
const CASES: Readonly<Record<string, (directory: string) => void>> = {
  large: (to) => makeLargeFile(to, 2048 * scale * (1 << 20)),
  files: (to) => makeFiles(to, 20_000 * scale, 4096, 100),
  tree: (to) => makeFiles(to, 200_000 * scale, 100, 1000 * scale),
};

if (flags.help) console.log(usage);
else await benchmark();

async function benchmark(): Promise<void> {
  const directory = mkdtempSync(join(flags.directory, 'holdfast-latency-'));
  // Servers keep their data where temporary files go.
  process.env['TMPDIR'] = directory;
  console.log('case   tool      round trip  step              s    peak MiB  requests  MB received');
  try {
    for (const name of flags.cases.split(',')) await runCase(name, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function runCase(name: string, directory: string): Promise<void> {
  const source = join(directory, 'source');
  mkdirSync(source);
  named(CASES, name)(source);
  const tools = [holdfast, kopia, restic].filter((tool) => flags.tools.split(',').includes(tool.name));
  for (const roundTripMs of flags['round-trips'].split(',').map(Number))
    for (const tool of tools) await runTool({ caseName: name, tool, roundTripMs }, directory);
  rmSync(source, { recursive: true });
}

interface Trial {
  readonly caseName: string;
  readonly tool: BackupTool;
  readonly roundTripMs: number;
}

async function runTool(trial: Trial, directory: string): Promise<void> {
  const rig = await named(SERVERS, flags.server)();
  const line = await startLatencyLine({ upstream: rig.endpoint, roundTripMs: trial.roundTripMs });
  const own = join(directory, 'own');
  try {
    await rig.createBucket('blobs');
    const workspace = makeWorkspace(directory, own, { ...rig, endpoint: line.endpoint, bucket: 'blobs' });
    trial.tool.create(workspace);
    await runSteps(trial, workspace, line);
    verifyRestored(workspace.source, workspace.restored);
  } finally {
    await line.stop();
    await rig.stop();
    rmSync(own, { recursive: true, force: true });
  }
}

function makeWorkspace(directory: string, own: string, bucket: BucketPlace): Workspace {
  const [home, restored] = [join(own, 'home'), join(own, 'restored')];
  for (const path of [home, restored]) mkdirSync(path, { recursive: true });
  const source = join(directory, 'source');
  return { source, repository: '', home, restored, bucket, compression: 'none' };
}

async function runSteps(trial: Trial, workspace: Workspace, line: LatencyLine): Promise<void> {
  const { tool } = trial;
  const forget = (): void => rmSync(join(workspace.home, 'cache'), { recursive: true, force: true });
  const step = async (name: string, commandOf: BackupTool['backup']): Promise<void> => {
    const command = commandOf(workspace);
    const before = await line.counts();
    const cost = await measure(command);
    printRow(trial, name, cost, differenceOf(before, await line.counts()));
  };
  await step('backup', (place) => tool.backup(place));
  await step('unchanged', (place) => tool.backup(place));
  if (trial.caseName === 'tree') {
    forget();
    await step('unchanged cold', (place) => tool.backup(place));
  }
  forget();
  await step('restore', (place) => tool.restore(place));
}

function differenceOf(before: LineCounts, after: LineCounts): LineCounts {
  return {
    requests: after.requests - before.requests,
    receivedBytes: after.receivedBytes - before.receivedBytes,
  };
}

function printRow({ caseName, tool, roundTripMs }: Trial, step: string, cost: Cost, line: LineCounts): void {
  const cells = [
    caseName.padEnd(6),
    tool.name.padEnd(9),
    `${roundTripMs} ms`.padStart(10),
    ` ${step.padEnd(14)}`,
    cost.wallSeconds.toFixed(2).padStart(7),
    (cost.peakTreeRssBytes / 2 ** 20).toFixed(0).padStart(9),
    String(line.requests).padStart(9),
    (line.receivedBytes / 1e6).toFixed(1).padStart(12),
  ];
  console.log(cells.join(' '));
}

function named<T>(all: Readonly<Record<string, T>>, name: string): T {
  const found = all[name];
  if (found === undefined) throw new Error(`${name} is none of ${Object.keys(all).join(', ')}`);
  return found;
}
