#!/usr/bin/env node
// Starts `holdfast`: from source in a checkout, from dist/ in an installed package. Plain JavaScript that any Node since 18 parses,
// because the machine's own node may be older than the one the program needs.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const neededMajor = 24;

if (Number.parseInt(process.versions.node, 10) >= neededMajor) await runHere();
else runWith(bundledNode());

async function runHere() {
  const source = new URL('../src/main.ts', import.meta.url);
  if (!existsSync(source)) return import('../dist/main.js');
  module.registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: [...context.conditions, 'source'] }),
  });
  return import(source.href);
}

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
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
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
