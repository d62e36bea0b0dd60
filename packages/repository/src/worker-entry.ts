import type { WorkerOptions } from 'node:worker_threads';

/** The module to start a worker thread from: `name` (relative, no extension) next to the module at `base`.
 *  Works from source (.ts) and from a build (.js); `base` is the caller's `import.meta.url`. */
export function workerUrl(base: string, name: string): URL {
  return new URL(`${name}${extensionOf(base)}`, base);
}

/** What to start that worker with: from source, the flag that resolves `@holdfast/*` to source in the thread as well.
 *  Resolve hooks of the main thread do not reach threads, and the main thread's own flags may not all be legal in one. */
export function workerOptions(): Pick<WorkerOptions, 'execArgv'> {
  return extensionOf(import.meta.url) === '.ts' ? { execArgv: ['--conditions=source'] } : {};
}

function extensionOf(moduleUrl: string): '.ts' | '.js' {
  return new URL(moduleUrl).pathname.endsWith('.ts') ? '.ts' : '.js';
}
