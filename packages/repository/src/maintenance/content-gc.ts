import path from 'node:path';

import type { IndexEntry } from '../index/entry.ts';
import type { EntryFields } from '../index/header.ts';
import { compareKeys } from '../index/key.ts';
import { IndexFileWriter } from '../index/merge.ts';
import { isHidden } from '../index/precedence.ts';
import { missingContents } from './marks.ts';
import { type MaintenanceRunParts, NOTHING, type Tally } from './parts.ts';
import { Relocations } from './relocations.ts';
import type { RecordCursor } from './sorted-records.ts';

/** What becomes of a content: `system` holds manifests, `in-use` stays, `undelete` is needed although it was deleted,
 *  `unused` is deleted, `recent` is unused but too young, `deleted` was so before. */
export type ContentVerdict = 'system' | 'in-use' | 'undelete' | 'unused' | 'recent' | 'deleted';

/** What a collection would do; plain data. */
export type ContentGcSummary = Readonly<Record<ContentVerdict, Tally>>;

/** A collection of unused contents, ready to be carried out. */
export interface ContentGcPlan extends Disposable {
  readonly summary: ContentGcSummary;
  /** Index file with the entries that will delete contents. */
  readonly tombstones: string;
  /** Contents that will be written again, so that they are deleted no more. */
  readonly undelete: Relocations;
}

/** When a collection runs, as far as its verdicts depend on it. */
export interface ContentGcTimes {
  /** When the maintenance began, by the storage's clock. */
  readonly startMs: number;
  readonly minContentAgeMs: number;
}

/** Decides about one content. Source: kopia snapshot/snapshotgc/gc.go. */
export function judgeContent(
  entry: Pick<IndexEntry, 'timestampSeconds' | 'deleted'>,
  facts: { readonly isSystem: boolean; readonly isMarked: boolean },
  times: ContentGcTimes,
): ContentVerdict {
  if (facts.isSystem) return 'system';
  if (facts.isMarked) return entry.deleted ? 'undelete' : 'in-use';
  if (entry.deleted) return 'deleted';
  return times.startMs - entry.timestampSeconds * 1000 < times.minContentAgeMs ? 'recent' : 'unused';
}

/** Goes once through the whole index beside the sorted marks. Memory is that of two cursors; the result is on disk.
 *  Throws CONTENT_NOT_FOUND when marked contents are in no index. */
export function planContentGc(
  parts: MaintenanceRunParts,
  marks: RecordCursor,
  times: ContentGcTimes,
): ContentGcPlan {
  const tombstones = path.join(parts.workDirectory, 'tombstones.sndx');
  const writer = new IndexFileWriter(tombstones);
  const undelete = new Relocations(parts.workDirectory, 'undelete');
  const tallies = new Tallies();
  const nowSeconds = Math.floor(parts.clock.nowMs() / 1000);
  try {
    const marked = new MarkJoin(marks);
    const cursor = parts.indexView.cursor();
    while (cursor.advance()) {
      const fields = cursor.fields();
      if (isHidden(fields, parts.indexView.deletionWatermarkSeconds)) continue;
      const facts = { isSystem: cursor.key[0] === MANIFEST_LETTER, isMarked: marked.has(cursor.key) };
      const verdict = judgeContent(fields, facts, times);
      tallies.add(verdict, fields.packedLength);
      if (verdict === 'unused') writer.append(cursor.key, tombstoneOf(fields, nowSeconds));
      if (verdict === 'undelete') undelete.add(cursor.key, { ...fields, deleted: false });
    }
    marked.finish();
    writer.finish();
  } catch (error) {
    writer.abandon();
    undelete[Symbol.dispose]();
    throw error;
  } finally {
    marks.close();
  }
  return {
    summary: tallies.summary(),
    tombstones,
    undelete,
    [Symbol.dispose]: () => undelete[Symbol.dispose](),
  };
}

const MANIFEST_LETTER = 'm'.charCodeAt(0);

/** The entry that deletes a content: as the one before, but later. */
export function tombstoneOf(fields: EntryFields, nowSeconds: number): EntryFields {
  const timestampSeconds = Math.max(nowSeconds, fields.timestampSeconds + 1);
  return { ...fields, deleted: true, timestampSeconds };
}

/** Counts and bytes by verdict, without an object for each content. */
class Tallies {
  readonly #counts = new Map<ContentVerdict, { count: number; bytes: number }>();

  add(verdict: ContentVerdict, bytes: number): void {
    const tally = this.#counts.get(verdict) ?? { count: 0, bytes: 0 };
    this.#counts.set(verdict, tally);
    tally.count++;
    tally.bytes += bytes;
  }

  summary(): ContentGcSummary {
    const of = (verdict: ContentVerdict): Tally => this.#counts.get(verdict) ?? NOTHING;
    return {
      system: of('system'),
      'in-use': of('in-use'),
      undelete: of('undelete'),
      unused: of('unused'),
      recent: of('recent'),
      deleted: of('deleted'),
    };
  }
}

/** Answers whether keys that come in ascending order are among sorted marks. */
class MarkJoin {
  readonly #marks: RecordCursor;
  #more: boolean;
  #missing = 0;
  #example: Uint8Array | undefined;

  constructor(marks: RecordCursor) {
    this.#marks = marks;
    this.#more = marks.advance();
  }

  has(key: Uint8Array): boolean {
    while (this.#more) {
      const order = compareKeys(this.#marks.record, key);
      if (order > 0) return false;
      if (order === 0) {
        this.#more = this.#marks.advance();
        return true;
      }
      this.#passOver();
    }
    return false;
  }

  /** Call after the last key; throws when there were marks without a key. */
  finish(): void {
    while (this.#more) this.#passOver();
    if (this.#example !== undefined) throw missingContents(this.#missing, this.#example);
  }

  #passOver(): void {
    this.#missing++;
    this.#example ??= this.#marks.record.slice();
    this.#more = this.#marks.advance();
  }
}
