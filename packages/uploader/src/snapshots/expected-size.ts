import type { Repository } from '@holdfast/repository';

import type { SnapshotManifest } from '../snapshot/manifest.ts';
import { estimateTree } from './estimate.ts';
import type { UploadOptions } from './upload-options.ts';

/** Files and bytes; zero when nobody knows. */
export interface ExpectedSize {
  readonly files: number;
  readonly size: number;
}

const UNKNOWN: ExpectedSize = { files: 0, size: 0 };
/** Places for later take some 300 bytes each. */
const MOST_WAITING = 10_000;

/** What a snapshot is going to hold: what the last complete one held, or else, where that is asked for, what a walk beside the
 *  upload finds. */
export class Expectation {
  #size: ExpectedSize;

  constructor(before: readonly SnapshotManifest[]) {
    const complete = before.find(({ incomplete }) => incomplete === undefined);
    this.#size = complete?.rootEntry?.summary ?? UNKNOWN;
  }

  get size(): ExpectedSize {
    return this.#size;
  }

  /** Starts the walk when it is needed; it ends by itself or with `signal`, and its failure is no harm. */
  async find(
    repository: Repository,
    { source, path, stdin, estimates }: UploadOptions,
    signal: AbortSignal,
  ): Promise<void> {
    if (estimates !== true || stdin !== undefined || this.#size !== UNKNOWN) return;
    try {
      const limits = { examples: 0, mostWaiting: MOST_WAITING, signal };
      const { included } = await estimateTree(repository, { source, path, ...limits });
      this.#size = { files: included.count, size: included.totalSize };
    } catch {
      // Progress is shown without it: the upload itself tells what can't be read.
    }
  }
}
