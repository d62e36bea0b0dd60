import type { ContentSource } from '@holdfast/repository';

import { displayPath } from '../filesystem/path.ts';
import type { FailedEntry } from '../snapshot/summary.ts';
import type { WorkerPool } from '../threads/worker-pool.ts';
import type { AttributeReports } from './attribute-reports.ts';
import type { ContentTasks } from './content-tasks.ts';
import type { Removed } from './existing-entries.ts';
import type { RestoreOptions } from './options.ts';

/** What all parts of one restore share. */
export interface RestoreContext {
  readonly source: ContentSource;
  readonly pool: WorkerPool;
  readonly tasks: ContentTasks;
  readonly options: RestoreOptions;
  readonly signal: AbortSignal | undefined;
  /** The snapshot says of each sparse file where its holes were. */
  readonly holesAreRecorded: boolean;
  readonly problems: AttributeReports;
  /** Counts what `deleteExtra` takes away. */
  readonly removed: Removed;
  /** Records what could not be restored. */
  readonly fail: (path: string, error: unknown) => void;
}

/** Keeps count of failures and the first of them. */
export class FailureList {
  readonly #onFailure: (failure: FailedEntry) => void;
  #count = 0;
  readonly #first: FailedEntry[] = [];

  constructor(onFailure: (failure: FailedEntry) => void) {
    this.#onFailure = onFailure;
  }

  get count(): number {
    return this.#count;
  }

  /** At most a hundred. */
  get first(): readonly FailedEntry[] {
    return this.#first;
  }

  add(path: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.addFailure({ path: displayPath(path) || '.', error: message });
  }

  addFailure(failure: FailedEntry): void {
    this.#count++;
    if (this.#first.length < MAX_KEPT) this.#first.push(failure);
    this.#onFailure(failure);
  }
}

const MAX_KEPT = 100;
