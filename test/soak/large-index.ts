/* One index blob of very many contents, read, looked up in and compacted, each in a process of its own:
 * `node --conditions=source test/soak/large-index.ts [ENTRIES] [PLACE]`. Linux only. Five million entries, the default, take 1 GB
 * below PLACE, by default the memory file system. kopia reads the index before and after, where it is on PATH. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { openScratch } from '../support/repository.ts';
import { findTool, openTool } from '../support/tools.ts';

const LIMIT_MIB = 256;
/** As the command line starts itself, see `packages/cli/bin/holdfast.js`. */
const flags = ['--max-old-space-size=80', '--max-semi-space-size=2', '--conditions=source'];
const count = Number(process.argv[2] ?? 5_000_000);
const child = fileURLToPath(new URL('large-index-child.ts', import.meta.url));
using scratch = openScratch(process.argv[3] ?? '/dev/shm');
const repository = scratch.at('repository');
let isWithin = true;

run('build', ['--conditions=source']);
run('open');
run('look up');
run('write');
listWithKopia();
run('compact');
rmSync(`${repository}-cache`, { recursive: true });
run('open');
run('look up');
listWithKopia();
process.exitCode = isWithin ? 0 : 1;

function run(operation: string, nodeFlags: readonly string[] = flags): void {
  const args = [...nodeFlags, child, operation, repository, String(count)];
  const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'holdfast-compiled') };
  const output = execFileSync(process.execPath, args, { encoding: 'utf8', env });
  // What the child prints.
  const { seconds, peakMib, detail } = JSON.parse(output) as {
    seconds: number;
    peakMib: number;
    detail: string;
  };
  if (operation !== 'build' && peakMib > LIMIT_MIB) isWithin = false;
  tell(`${operation}: ${seconds.toFixed(1)} s, at most ${peakMib.toFixed(0)} MiB; ${detail}`);
}

/** kopia must find every entry, and verify what it can without the packs, which do not exist. */
function listWithKopia(): void {
  if (!findTool('kopia')) return tell('kopia: not on PATH');
  using kopia = openTool('kopia');
  const startMs = performance.now();
  kopia.mustRun(['repository', 'connect', 'filesystem', '--path', repository, '--readonly']);
  const listed = countLines(kopia.path, { ...process.env, ...kopia.env }, ['content', 'list']);
  const inspected = countLines(kopia.path, { ...process.env, ...kopia.env }, [
    'index',
    'inspect',
    '--active',
  ]);
  const seconds = (performance.now() - startMs) / 1000;
  tell(`kopia: ${seconds.toFixed(1)} s; lists ${listed} contents, inspects ${inspected} entries`);
  if (listed < count || inspected < count) isWithin = false;
}

function countLines(program: string, env: NodeJS.ProcessEnv, args: readonly string[]): number {
  const shell = ['-c', 'set -o pipefail; "$0" "$@" | wc -l', program, ...args];
  return Number(execFileSync('bash', shell, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
