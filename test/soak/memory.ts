/* Peak memory with very many small files: `node --conditions=source test/soak/memory.ts [FILES] [PLACE]`. Linux only. The
 * default of a million files takes 5 GB below PLACE, by default the directory for temporary files. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createLocal, openScratch } from '../support/repository.ts';

const LIMIT_MIB = 256;
/** As the command line starts itself, see `packages/cli/bin/holdfast.js`. */
const flags = ['--max-old-space-size=80', '--max-semi-space-size=2', '--conditions=source'];
const files = Number(process.argv[2] ?? 1_000_000);
const child = fileURLToPath(new URL('memory-child.ts', import.meta.url));
let isWithin = true;

for (const directories of [1000, 1]) {
  using scratch = openScratch(process.argv[3]);
  const [repository, source, target] = [scratch.at('repo'), scratch.at('source'), scratch.at('target')];
  writeFiles(source, directories);
  await (await createLocal(repository)).close();
  process.stdout.write(`${files} files of 10 bytes in ${directories} directories\n`);
  run('backup', repository, source);
  run('backup', repository, source);
  rmSync(source, { recursive: true });
  run('restore', repository, target);
  rmSync(target, { recursive: true });
  run('verify', repository, target);
}
process.exitCode = isWithin ? 0 : 1;

function run(...args: readonly [operation: string, repository: string, directory: string]): void {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'holdfast-compiled') };
  const output = execFileSync(process.execPath, [...flags, child, ...args], { encoding: 'utf8', env });
  process.stdout.write(output);
  // What the child prints.
  const { peakMib, failures } = JSON.parse(output) as { peakMib: number; failures: number };
  if (peakMib > LIMIT_MIB || failures > 0) isWithin = false;
}

function writeFiles(source: string, directories: number): void {
  for (let d = 0; d < directories; d++) {
    const directory = join(source, `directory-${d}`);
    mkdirSync(directory, { recursive: true });
    for (let i = d; i < files; i += directories)
      writeFileSync(join(directory, `file-${i}`), String(i).padStart(10, '0'));
  }
}
