#!/usr/bin/env node
// Starts `holdfast`: from source in a checkout, from dist/ in an installed package. Plain JavaScript that any Node since 18 parses,
// because the machine's own node may be older than the one the program needs.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const neededMajor = 24;
const source = new URL('../src/main.ts', import.meta.url);
const isCheckout = existsSync(source);
const program = fileURLToPath(isCheckout ? source : new URL('../dist/main.js', import.meta.url));
// Heap limits of the main thread, whose garbage V8 would otherwise leave lying about for hundreds of megabytes.
const flags = [
  '--max-old-space-size=80',
  '--max-semi-space-size=2',
  ...(isCheckout ? ['--conditions=source'] : []),
];
// Compiled code is kept between runs: starting takes a third of the time and 30 MB less.
const cacheHome = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const env = { NODE_COMPILE_CACHE: join(cacheHome, 'holdfast', 'compiled'), ...process.env };
const args = [...flags, program, ...process.argv.slice(2)];

const isNewEnough = Number.parseInt(process.versions.node, 10) >= neededMajor;
// Flags of V8 need a new program, but not a second process where the system can replace the first.
if (isNewEnough && typeof process.execve === 'function' && process.platform !== 'win32')
  process.execve(process.execPath, [process.execPath, ...args], env);
else runWith(isNewEnough ? process.execPath : bundledNode());

/** Path of the Node that came as an optional dependency, or undefined where this platform has none. */
function bundledNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(
      `node-${process.platform}-${process.arch}/package.json`,
    );
    return join(dirname(manifest), 'bin', 'node');
  } catch {
    return undefined;
  }
}

function runWith(node) {
  if (node === undefined) {
    process.stderr.write(
      `holdfast needs Node.js ${neededMajor} or newer; this is ${process.version} (${process.execPath})\n`,
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, args, { stdio: 'inherit', env });
  // A terminal sends Ctrl-C to both processes by itself; sending it again would look like the impatient second one.
  const forward = (signal) => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal));
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, forward);
  child.on('error', (error) => {
    process.stderr.write(`holdfast: cannot start ${node}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    for (const name of signals) process.off(name, forward);
    if (signal) process.kill(process.pid, signal);
    else process.exitCode = code ?? 1;
  });
}
