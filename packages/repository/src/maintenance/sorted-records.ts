import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

import { readUint32 } from '../index/wire.ts';

/** Where and how records are sorted. */
export interface RecordSorterOptions {
  /** Directory for runs; theirs alone are the files that start with `name`. */
  readonly directory: string;
  readonly name: string;
  /** Bytes of a record. */
  readonly recordBytes: number;
  /** Memory for records that wait to be sorted; about half as much again is used on top. */
  readonly memoryBytes?: number;
}

/** Records in ascending order of their bytes, each once. */
export interface RecordCursor {
  /** The current record; one buffer, overwritten by the next `advance`. */
  readonly record: Uint8Array;
  /** Goes to the next record, at first to the first; false at the end. */
  advance(): boolean;
  close(): void;
}

/** Sorts any number of records of one length in limited memory: sorted runs go to disk and are merged. */
export class RecordSorter {
  readonly #options: RecordSorterOptions;
  readonly #capacity: number;
  readonly #bytes: Uint8Array;
  #count = 0;
  #runs: string[] = [];
  #runNumber = 0;

  constructor(options: RecordSorterOptions) {
    this.#options = options;
    const fitting = Math.floor((options.memoryBytes ?? DEFAULT_MEMORY) / options.recordBytes);
    this.#capacity = Math.max(2, Math.min(fitting, 2 ** POSITION_BITS));
    this.#bytes = new Uint8Array(this.#capacity * options.recordBytes);
  }

  /** Adds a record, which is copied. */
  add(record: Uint8Array): void {
    if (this.#count === this.#capacity) this.#writeRun();
    this.#bytes.set(record, this.#count++ * this.#options.recordBytes);
  }

  /** All records added so far, sorted. The sorter must stay open meanwhile; several cursors may be used. */
  sorted(): RecordCursor {
    this.#writeRun();
    return this.#merge();
  }

  /** Removes the runs. */
  close(): void {
    for (const run of this.#runs) rmSync(run, { force: true });
    this.#runs = [];
  }

  #merge(): RecordCursor {
    return new MergedRuns(this.#runs.map((run) => new RunCursor(run, this.#options.recordBytes)));
  }

  #writeRun(): void {
    if (this.#count === 0) return;
    const { recordBytes } = this.#options;
    const order = sortedPositions(this.#bytes, this.#count, recordBytes);
    this.#store((writer) => {
      let last = -1;
      for (const position of order) {
        const at = position * recordBytes;
        if (last < 0 || compareRecords(this.#bytes, last, at, recordBytes) !== 0)
          writer.write(this.#bytes, at);
        last = at;
      }
    });
    this.#count = 0;
    if (this.#runs.length >= MAX_RUNS) this.#mergeRuns();
  }

  /** Puts all runs into one, so that a merge never reads too many files at once. */
  #mergeRuns(): void {
    const before = this.#runs;
    const merged = this.#merge();
    this.#runs = [];
    this.#store((writer) => {
      while (merged.advance()) writer.write(merged.record, 0);
    });
    merged.close();
    for (const run of before) rmSync(run, { force: true });
  }

  #store(fill: (writer: RunWriter) => void): void {
    const run = path.join(this.#options.directory, `${this.#options.name}-${this.#runNumber++}.run`);
    const writer = new RunWriter(run, this.#options.recordBytes);
    this.#runs.push(run);
    try {
      fill(writer);
    } finally {
      writer.close();
    }
  }
}

const DEFAULT_MEMORY = 16 << 20;
const RUN_BUFFER = 64 << 10;
const MAX_RUNS = 64;
/** A sort key is a double: 33 bits of the record above the record's position. */
const POSITION_BITS = 20;
const POSITIONS = 2 ** POSITION_BITS;

/** Positions of records in ascending order. Sorting doubles that start with the records' first bits takes a fifth of the
 *  time of a comparison function; only the few that share those bits are compared. */
function sortedPositions(bytes: Uint8Array, count: number, recordBytes: number): Uint32Array {
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const at = i * recordBytes;
    const head = readUint32(bytes, at) * 2 + ((bytes[at + 4] ?? 0) >>> 7);
    keys[i] = head * POSITIONS + i;
  }
  keys.sort();
  const positions = new Uint32Array(count);
  let start = 0;
  for (let i = 0; i < count; i++) {
    positions[i] = (keys[i] ?? 0) % POSITIONS;
    if (i + 1 < count && headOf(keys[i + 1]) === headOf(keys[start])) continue;
    if (i > start) sortTied(positions.subarray(start, i + 1), bytes, recordBytes);
    start = i + 1;
  }
  return positions;
}

function headOf(key: number | undefined): number {
  return Math.floor((key ?? 0) / POSITIONS);
}

function sortTied(positions: Uint32Array, bytes: Uint8Array, recordBytes: number): void {
  positions.sort((a, b) => compareRecords(bytes, a * recordBytes, b * recordBytes, recordBytes));
}

function compareRecords(bytes: Uint8Array, a: number, b: number, length: number): number {
  for (let i = 0; i < length; i++) {
    const difference = (bytes[a + i] ?? 0) - (bytes[b + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

class RunWriter {
  readonly #fd: number;
  readonly #recordBytes: number;
  readonly #buffer = new Uint8Array(RUN_BUFFER);
  #used = 0;

  constructor(file: string, recordBytes: number) {
    this.#fd = openSync(file, 'w', 0o600);
    this.#recordBytes = recordBytes;
  }

  write(bytes: Uint8Array, at: number): void {
    if (this.#used + this.#recordBytes > this.#buffer.length) this.#flush();
    for (let i = 0; i < this.#recordBytes; i++) this.#buffer[this.#used + i] = bytes[at + i] ?? 0;
    this.#used += this.#recordBytes;
  }

  close(): void {
    this.#flush();
    closeSync(this.#fd);
  }

  #flush(): void {
    for (let done = 0; done < this.#used;) done += writeSync(this.#fd, this.#buffer, done, this.#used - done);
    this.#used = 0;
  }
}

/** Walks one run with a read-ahead buffer. */
class RunCursor {
  readonly recordBytes: number;
  readonly buffer: Uint8Array;
  at = 0;
  readonly #fd: number;
  #end = 0;

  constructor(file: string, recordBytes: number) {
    this.recordBytes = recordBytes;
    this.buffer = new Uint8Array(Math.max(1, Math.floor(RUN_BUFFER / recordBytes)) * recordBytes);
    this.#fd = openSync(file, 'r');
    this.at = -recordBytes;
  }

  advance(): boolean {
    this.at += this.recordBytes;
    if (this.at < this.#end) return true;
    this.#end = this.#fill();
    this.at = 0;
    return this.#end > 0;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #fill(): number {
    let filled = 0;
    while (filled < this.buffer.length) {
      const count = readSync(this.#fd, this.buffer, filled, this.buffer.length - filled, null);
      if (count === 0) break;
      filled += count;
    }
    return filled;
  }
}

/** Takes the smallest record of a handful of runs; equal ones are taken together. */
class MergedRuns implements RecordCursor {
  record: Uint8Array = new Uint8Array(0);
  readonly #all: readonly RunCursor[];
  #left: RunCursor[] | undefined;

  constructor(runs: readonly RunCursor[]) {
    this.#all = runs;
    const recordBytes = runs[0]?.recordBytes ?? 0;
    this.record = new Uint8Array(recordBytes);
  }

  advance(): boolean {
    this.#left ??= this.#all.filter((run) => run.advance());
    const smallest = smallestOf(this.#left);
    if (smallest === undefined) return false;
    for (let i = 0; i < this.record.length; i++) this.record[i] = smallest.buffer[smallest.at + i] ?? 0;
    this.#passOver();
    return true;
  }

  close(): void {
    for (const run of this.#all) run.close();
  }

  #passOver(): void {
    const left = this.#left ?? [];
    for (let i = left.length - 1; i >= 0; i--) {
      const run = left[i];
      if (run !== undefined && compareToRecord(run, this.record) === 0 && !run.advance()) left.splice(i, 1);
    }
  }
}

function smallestOf(runs: readonly RunCursor[]): RunCursor | undefined {
  let smallest = runs[0];
  for (const run of runs)
    if (smallest !== undefined && run !== smallest && compareRuns(run, smallest) < 0) smallest = run;
  return smallest;
}

function compareRuns(a: RunCursor, b: RunCursor): number {
  for (let i = 0; i < a.recordBytes; i++) {
    const difference = (a.buffer[a.at + i] ?? 0) - (b.buffer[b.at + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareToRecord(run: RunCursor, record: Uint8Array): number {
  for (let i = 0; i < record.length; i++) {
    const difference = (run.buffer[run.at + i] ?? 0) - (record[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
