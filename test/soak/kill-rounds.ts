import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { listSnapshots } from '@holdfast/uploader';

import { compareDirectories } from '../support/compare-directories.ts';
import { backUp, createLocal, openLocal, restore, type Scratch, verifyAll } from '../support/repository.ts';
import { findTool, openTool } from '../support/tools.ts';

/** How many times a backup is killed, and what it backs up. */
export interface KillOptions {
  readonly rounds: number;
  readonly files: number;
  readonly largeFiles: number;
  readonly largeBytes: number;
  readonly random: () => number;
  readonly log: (line: string) => void;
}

/** What the rounds came to. */
export interface KillReport {
  /** Backups that were killed before they had finished. */
  readonly killed: number;
  readonly snapshots: number;
  readonly kopiaRuns: number;
  /** Everything that was wrong, empty when nothing was. */
  readonly problems: readonly string[];
}

/** Kills a backup at random moments; after each the repository must open, what was saved before must verify, and the next
 *  backup must finish and restore exactly. */
export async function killRounds(scratch: Scratch, options: KillOptions): Promise<KillReport> {
  const [path, source] = [scratch.at('repo'), scratch.at('source')];
  const problems: string[] = [];
  writeTree(source, options, 0);
  const first = await createLocal(path);
  const startMs = performance.now();
  await backUp(first, source);
  const typicalMs = performance.now() - startMs;
  await first.close();
  let killed = 0;
  let kopiaRuns = 0;
  for (let round = 1; round <= options.rounds; round++) {
    writeTree(source, options, round);
    const waitMs = options.random() * typicalMs;
    const wasKilled = await killBackup(path, source, waitMs);
    if (wasKilled) killed++;
    const found = await checkAfterwards(scratch, { path, source, round });
    if (findTool('kopia') !== undefined && round % 5 === 0) {
      found.push(...verifyWithKopia(path));
      kopiaRuns++;
    }
    options.log(
      `round ${round}: ${wasKilled ? 'killed' : 'finished'} after ${waitMs.toFixed(0)} ms, ${found.length} problems`,
    );
    problems.push(...found.map((problem) => `round ${round}: ${problem}`));
  }
  const repository = await openLocal(path);
  const snapshots = (await listSnapshots(repository)).length;
  await repository.close();
  return { killed, snapshots, kopiaRuns, problems };
}

/** Says whether the backup was killed before it had finished. */
async function killBackup(path: string, source: string, waitMs: number): Promise<boolean> {
  const script = fileURLToPath(new URL('kill-child.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=source', script, path, source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await started(child);
  await Promise.race([delay(waitMs), ended]);
  child.kill('SIGKILL');
  const [code]: readonly unknown[] = await ended;
  return code !== 0;
}

async function started(child: ChildProcess): Promise<void> {
  if (child.stdout !== null) await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
}

async function checkAfterwards(
  scratch: Scratch,
  { path, source, round }: { readonly path: string; readonly source: string; readonly round: number },
): Promise<string[]> {
  const repository = await openLocal(path);
  try {
    const found = [...(await verifyAll(repository))];
    const { snapshot, failedCount } = await backUp(repository, source);
    if (failedCount > 0) found.push(`${failedCount} entries failed`);
    const target = scratch.at(`restored-${round}`);
    await restore(repository, snapshot, target);
    found.push(...compareDirectories(source, target));
    rmSync(target, { recursive: true });
    return found;
  } finally {
    await repository.close();
  }
}

function verifyWithKopia(path: string): string[] {
  using kopia = openTool('kopia');
  kopia.mustRun(['repository', 'connect', 'filesystem', '--path', path, '--readonly']);
  const { code, stderr } = kopia.run(['snapshot', 'verify', '--verify-files-percent=100']);
  return code === 0 ? [] : [`kopia: ${stderr}`];
}

/** Some files are as before, some are new in this round. */
function writeTree(source: string, options: KillOptions, round: number): void {
  for (let i = 0; i < options.files; i++) {
    if (round > 0 && i % 7 !== round % 7) continue;
    const directory = join(source, `d${i % 50}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `f${i}`), `${i} of round ${round} `.repeat(1 + (i % 200)));
  }
  for (let i = 0; i < options.largeFiles; i++) {
    const bytes = Buffer.alloc(options.largeBytes);
    for (let at = 0; at < bytes.length; at += 4)
      bytes.writeInt32LE(Math.imul(at + i, 2654435761 + round) | 0, at);
    writeFileSync(join(source, `large${i}`), bytes);
  }
}
