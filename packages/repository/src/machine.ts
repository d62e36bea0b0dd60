import os from 'node:os';
import process from 'node:process';

/** Bytes this process may use: the cgroup's limit, or the machine's memory. */
export function constrainedMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem();
}

/** Cores this process may use. */
export function availableParallelism(): number {
  return os.availableParallelism();
}
