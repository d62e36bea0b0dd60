import { createHash } from 'node:crypto';
import type { Clock } from '@holdfast/repository/worker';
import { nativeCalls } from '../filesystem/native.ts';
import { privileges } from './privileges.ts';
import { DIGEST_BYTES, StatDigest } from './stat-digest.ts';
import { StatTable } from './table.ts';

/** To be raised when entries come to be saved in another form, or more of a file is saved. */
const VERSION = 1;
/** A file may change within the same tick of its file system's clock after it was looked at; the coarsest tick is 2 s. */
const SETTLED_SECONDS = 3;

/** Whether `record` says what was recorded before. */
export function isRecordOf(record: Uint8Array, recorded: Uint8Array): boolean {
  return Buffer.compare(record.subarray(DIGEST_BYTES), recorded) === 0;
}

/** What a worker thread remembers of directories from one backup of a tree to the next: a digest of what the file system said of
 *  their files, and of the entries that these became. When both are as they were, so are the files with all that is saved of
 *  them, and the entries can be taken as they are. */
export class DirectoryStats {
  readonly #clock: Clock;
  readonly #table: StatTable | undefined;
  readonly #digest = new StatDigest();
  #startSeconds = 0;

  /** `table` is the path of the file that the backup before has left, if any. */
  constructor(table: string, clock: Clock) {
    this.#clock = clock;
    this.#table = nativeCalls() === undefined ? undefined : StatTable.open(table);
  }

  /** What `record` gave for that directory in the backup before. */
  recorded(path: string): Uint8Array | undefined {
    return this.#table?.find(keyOf(path));
  }

  /** Starts taking in the files of a directory. */
  begin(): StatDigest {
    this.#startSeconds = this.#clock.nowMs() / 1000;
    this.#digest.clear();
    return this.#digest;
  }

  /** Ends taking in: the record of a directory whose files became the entries `list`, encoded, under the limit `maxFileSize`.
   *  Undefined when one of them has changed so lately that it may change again without a trace. */
  record(path: string, maxFileSize: number, list: Uint8Array): Uint8Array | undefined {
    if (this.#digest.latestChange > this.#startSeconds - SETTLED_SECONDS) return undefined;
    const circumstances = Buffer.from(`${VERSION} ${privileges()} ${maxFileSize}`);
    const record = new Uint8Array(2 * DIGEST_BYTES);
    record.set(keyOf(path));
    record.set(this.#digest.digest(circumstances, list), DIGEST_BYTES);
    return record;
  }
}

function keyOf(path: string): Uint8Array {
  return createHash('sha256').update(path, 'latin1').digest().subarray(0, DIGEST_BYTES);
}
