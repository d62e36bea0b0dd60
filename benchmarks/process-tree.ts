import { readdirSync, readFileSync } from 'node:fs';

/** Peaks of the resident memory of the descendants of a process, from Linux's /proc.
 *  The kernel keeps each process's own high-water mark (VmHWM), so a sample misses only growth after it. */
export class ProcessTree {
  readonly #root: number;
  peakOfOne = 0;
  peakOfAll = 0;

  constructor(root: number) {
    this.#root = root;
  }

  sample(): void {
    let together = 0;
    for (const pid of descendants(this.#root)) {
      const status = readOrEmpty(`/proc/${pid}/status`);
      this.peakOfOne = Math.max(this.peakOfOne, fieldBytes(status, 'VmHWM'));
      together += fieldBytes(status, 'VmRSS');
    }
    this.peakOfAll = Math.max(this.peakOfAll, this.peakOfOne, together);
  }
}

function descendants(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendants(child)]);
}

function childrenOf(pid: number): number[] {
  return threadsOf(pid)
    .flatMap((thread) => readOrEmpty(`/proc/${pid}/task/${thread}/children`).split(' '))
    .filter((word) => word !== '')
    .map(Number);
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // it has ended
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it has ended
  }
}

function fieldBytes(status: string, field: string): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
  return Number(kibibytes ?? 0) * 1024;
}
