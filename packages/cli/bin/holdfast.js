#!/usr/bin/env node
// Starts `holdfast` from dist/, or from the source in a checkout where that was not made. Plain JavaScript that any Node since 18
// parses, because the machine's own node may be older than the one the program needs.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import nodeModule, { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as later } from 'node:timers';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';

const needed = [24, 5];
const built = new URL('../dist/main.js', import.meta.url);
const source = new URL('../src/main.ts', import.meta.url);
// `npm ci` makes dist/, `npm run bundle` makes it anew. To look whether any source is newer took 14 ms of each command.
const isFromSource = !existsSync(built);
const [major, minor] = process.versions.node.split('.').map(Number);
const isNewEnough = major > needed[0] || (major === needed[0] && minor >= needed[1]);
// Compiled code is kept between runs: starting takes a third of the time and 30 MB less. Threads find it by the variable.
const cacheHome = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
process.env.NODE_COMPILE_CACHE ??= join(cacheHome, 'holdfast', 'compiled');

if (isNewEnough && !isFromSource) {
  nodeModule.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  // V8 would otherwise leave garbage of the main thread lying about for hundreds of megabytes. Short commands need no care.
  later(() => {
    v8.setFlagsFromString('--heap-growing-percent=30');
    v8.setFlagsFromString('--semi-space-growth-factor=1');
  }, 250).unref();
  await import(built.href);
} else runWith(isNewEnough ? process.execPath : bundledNode());

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
      `holdfast needs Node.js ${needed.join('.')} or newer; this is ${process.version} (${process.execPath})\n`,
    );
    process.exitCode = 1;
    return;
  }
  const program = isFromSource ? source : import.meta.url;
  const flags = isFromSource
    ? ['--max-old-space-size=80', '--max-semi-space-size=2', '--conditions=source']
    : [];
  const args = [...flags, fileURLToPath(program), ...process.argv.slice(2)];
  // The same process, where the system can do that.
  if (typeof process.execve === 'function' && process.platform !== 'win32')
    process.execve(node, [node, ...args], process.env);
  const child = spawn(node, args, { stdio: 'inherit' });
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
