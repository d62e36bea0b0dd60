import path from 'node:path';
import type { Clock } from '../clock.ts';
import { type CacheLimits, targetBytes } from './settings.ts';
import { SizeTally } from './size-tally.ts';
import { sweep, type SweepResult } from './sweep.ts';

/** What entries are of; also the name of the directory they lie in. */
export type EntryKind = 'contents' | 'metadata';

/** Where entries lie in the directory of a cache. */
export function entryDirectory(directory: string, kind: EntryKind): string {
  return path.join(directory, kind);
}

/** Where the directory of a cache says how much there is. */
export function tallyFile(directory: string, kind: EntryKind): string {
  return path.join(directory, `.${kind}-size`);
}

/** Room for one kind of entries in the directory of a cache. */
export function openRoom(
  directory: string,
  kind: EntryKind,
  { limits, clock }: Pick<RoomParts, 'limits' | 'clock'>,
): Room {
  const tally = new SizeTally(tallyFile(directory, kind));
  return new Room({ directory: entryDirectory(directory, kind), tally, limits, clock });
}

/** What room is made in. */
export interface RoomParts {
  readonly directory: string;
  readonly limits: CacheLimits;
  readonly tally: SizeTally;
  readonly clock: Clock;
}

/** A sweep frees this share of a limit more than it must, so that the next one is not due with the next entry. */
const SLACK = 1 / 16;
/** Others learn of that many bytes at once. */
const TELL_BYTES = 1 << 20;

/** Keeps entries within their limits: knows how much there is without a walk for each process, and sweeps when an entry
 *  would be too much. Its calls throw system errors. */
export class Room {
  readonly #parts: RoomParts;
  #bytes: number | undefined;
  #untold = 0;
  #sweepAbove: number;
  #sweeping: Promise<void> | undefined;

  constructor(parts: RoomParts) {
    this.#parts = parts;
    this.#sweepAbove = targetBytes(parts.limits);
  }

  /** Makes room for an entry, as far as the limits ask. */
  async make(bytes: number): Promise<void> {
    const { tally, clock } = this.#parts;
    this.#bytes ??= await tally.read(clock.nowMs());
    if (this.#bytes !== undefined && this.#bytes + bytes <= this.#sweepAbove) return;
    this.#sweeping ??= this.#sweepFor(bytes).finally(() => (this.#sweeping = undefined));
    await this.#sweeping;
  }

  /** Notes that an entry was put; a negative size for one that is gone. */
  async note(bytes: number): Promise<void> {
    if (this.#bytes !== undefined) this.#bytes += bytes;
    this.#untold += bytes;
    if (Math.abs(this.#untold) >= TELL_BYTES) await this.tell();
  }

  /** Lets other processes know what this one added. */
  async tell(): Promise<void> {
    const bytes = this.#untold;
    if (bytes === 0) return;
    this.#untold = 0;
    await this.#parts.tally.change(bytes);
  }

  /** Removes what is beyond the limits now. */
  async sweep(): Promise<SweepResult> {
    return await this.#sweepTo(this.#parts.limits);
  }

  async #sweepFor(bytes: number): Promise<void> {
    const { limits } = this.#parts;
    const withSlack = (limit: number): number => Math.max(1, limit - Math.max(bytes, limit * SLACK));
    const { bytes: left } = await this.#sweepTo({
      ...limits,
      softBytes: withSlack(limits.softBytes),
      hardBytes: limits.hardBytes > 0 ? withSlack(limits.hardBytes) : 0,
    });
    // What is too young to go must not cause a walk for each further entry.
    const next = Math.max(targetBytes(limits), left + bytes + limits.softBytes * SLACK);
    this.#sweepAbove = limits.hardBytes > 0 ? Math.min(next, limits.hardBytes) : next;
  }

  async #sweepTo(limits: CacheLimits): Promise<SweepResult> {
    const { directory, tally, clock } = this.#parts;
    const result = await sweep(directory, limits, clock.nowMs());
    this.#bytes = result.bytes;
    this.#untold = 0;
    await tally.reset(result.bytes, clock.nowMs());
    return result;
  }
}
