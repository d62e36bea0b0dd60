import { closeSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { removeOldTables } from './table-files.ts';
import { Buckets, bucketsFor, RECORD_BYTES, tableHeader } from './table.ts';

/** Bytes collected before they are written. */
const BUFFER_BYTES = 64 << 10;
/** Buckets filled at a time when a table is made, 2 MiB. */
const BUCKETS_AT_ONCE = 1024;

/** Collects records while a tree is saved and makes them a table in the end. Whatever goes wrong, there is no new table then:
 *  all that it saves is time. */
export class StatRecorder implements Disposable {
  readonly #target: string;
  readonly #log: string;
  readonly #buffer: Buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #fd: number | undefined;
  #length = 0;
  #count = 0;

  /** `target` is the table's path; undefined to collect nothing. */
  constructor(target: string | undefined) {
    this.#target = target ?? '';
    this.#log = `${this.#target}.tmp.${randomBytes(8).toString('hex')}`;
    if (target === undefined) return;
    try {
      mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
      this.#fd = openSync(this.#log, 'wx+', 0o600);
    } catch {
      this.#fd = undefined;
    }
  }

  /** Takes in records, several in a row. */
  add(records: Uint8Array): void {
    if (this.#fd === undefined) return;
    for (let at = 0; at < records.length; at += RECORD_BYTES) {
      if (this.#length === BUFFER_BYTES) this.#flush();
      this.#buffer.set(records.subarray(at, at + RECORD_BYTES), this.#length);
      this.#length += RECORD_BYTES;
      this.#count++;
    }
  }

  /** Puts the table in the place of the one before. */
  finish(nowMs: number): void {
    this.#flush();
    if (this.#fd === undefined) return;
    const table = `${this.#log}.table`;
    this.#attempt((fd) => {
      this.#writeTable(fd, table);
      renameSync(table, this.#target);
      removeOldTables(this.#target, nowMs);
    });
    rmSync(table, { force: true });
    this[Symbol.dispose]();
  }

  /** Unless it has finished, leaves the table before as it is. */
  [Symbol.dispose](): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    rmSync(this.#log, { force: true });
    this.#fd = undefined;
  }

  #flush(): void {
    this.#attempt((fd) => writeSync(fd, this.#buffer, 0, this.#length));
    this.#length = 0;
  }

  #writeTable(log: number, table: string): void {
    const total = bucketsFor(this.#count);
    const file = openSync(table, 'wx', 0o600);
    try {
      writeSync(file, tableHeader(total));
      for (let first = 0; first < total; first += BUCKETS_AT_ONCE) {
        const buckets = new Buckets(first, Math.min(BUCKETS_AT_ONCE, total - first), total);
        for (const records of this.#records(log)) buckets.add(records);
        writeSync(file, buckets.bytes);
      }
    } finally {
      closeSync(file);
    }
  }

  *#records(log: number): Generator<Buffer> {
    for (let at = 0; ; at += BUFFER_BYTES) {
      const length = readSync(log, this.#buffer, 0, BUFFER_BYTES, at);
      if (length === 0) return;
      yield this.#buffer.subarray(0, length);
    }
  }

  #attempt(step: (fd: number) => void): void {
    if (this.#fd === undefined) return;
    try {
      step(this.#fd);
    } catch {
      this[Symbol.dispose]();
    }
  }
}
