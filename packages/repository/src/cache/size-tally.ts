import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { errnoName } from '../blob/errno.ts';

/** A size that was counted once, and how it changed since: without it, every process would have to walk all entries
 *  before it adds one. Processes append to the same file. An estimate: what others than this program put is missed
 *  until the next count. */
export class SizeTally {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Bytes, or undefined when it is time to count again. */
  async read(nowMs: number): Promise<number | undefined> {
    const text = await this.#text();
    const [head = '', ...changes] = text.trimEnd().split('\n');
    const [, countedMs, bytes] = /^(\d+) (\d+)$/.exec(head) ?? [];
    const ageMs = nowMs - Number(countedMs);
    if (bytes === undefined || ageMs < 0 || ageMs > RECOUNT_MS || changes.length > MAX_CHANGES)
      return undefined;
    const total = changes.reduce((sum, change) => sum + Number(change), Number(bytes));
    return Number.isSafeInteger(total) ? Math.max(0, total) : undefined;
  }

  /** Notes that entries were added, or removed when negative. Throws system errors. */
  async change(bytes: number): Promise<void> {
    await appendFile(this.#file, `${bytes}\n`, { mode: 0o600 });
  }

  /** Starts anew from a count. Throws system errors. */
  async reset(bytes: number, nowMs: number): Promise<void> {
    const partial = `${this.#file}.tmp.${process.pid}`;
    try {
      await writeFile(partial, `${Math.trunc(nowMs)} ${bytes}\n`, { mode: 0o600 });
      await rename(partial, this.#file);
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  async #text(): Promise<string> {
    try {
      return await readFile(this.#file, 'utf8');
    } catch (error) {
      if (errnoName(error) === undefined) throw error;
      return '';
    }
  }
}

const RECOUNT_MS = 24 * 3_600_000;
const MAX_CHANGES = 4096;
