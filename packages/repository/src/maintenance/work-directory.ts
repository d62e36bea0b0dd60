import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

import type { MaintenanceParts, MaintenanceRunParts } from './parts.ts';

const PREFIX = 'maintenance-';
const STALE_MS = 24 * 3_600_000;

/** A directory for the temporary files of one run, made when it is first used. */
export class WorkDirectory implements Disposable {
  readonly #parent: string;
  #path: string | undefined;

  constructor(parent: string) {
    this.#parent = parent;
  }

  get path(): string {
    this.#path ??= makeDirectory(this.#parent);
    return this.#path;
  }

  [Symbol.dispose](): void {
    if (this.#path !== undefined) rmSync(this.#path, { recursive: true, force: true });
    this.#path = undefined;
  }
}

/** The parts with those of one run. */
export function withRun(
  parts: MaintenanceParts,
  work: WorkDirectory,
  signal: AbortSignal | undefined,
): MaintenanceRunParts {
  return {
    ...parts,
    signal,
    get workDirectory() {
      return work.path;
    },
  };
}

/** Removes what runs have left behind that were cut off at least a day before `nowMs`. */
export function removeStaleWork(parent: string, nowMs: number): void {
  for (const name of readdirSync(parent).filter((candidate) => candidate.startsWith(PREFIX))) {
    const directory = path.join(parent, name);
    const stat = statSync(directory, { throwIfNoEntry: false });
    if (stat !== undefined && nowMs - stat.mtimeMs > STALE_MS)
      rmSync(directory, { recursive: true, force: true });
  }
}

function makeDirectory(parent: string): string {
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  return mkdtempSync(path.join(parent, PREFIX));
}
