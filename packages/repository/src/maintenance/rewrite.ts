import type { EntryFields } from '../index/header.ts';
import { isHidden } from '../index/precedence.ts';
import { PackUsage } from './pack-usage.ts';
import type { MaintenanceRunParts, Tally } from './parts.ts';
import { Relocations } from './relocations.ts';

/** Which contents may be written again. */
export interface RewriteOptions {
  /** Packs whose name starts with one of these. */
  readonly prefixes: readonly ('p' | 'q')[];
  /** Packs in which the index refers to fewer bytes are short. */
  readonly shortPackBytes: number;
  /** Contents written at this time or later stay where they are. Seconds. */
  readonly beforeSeconds: number;
}

/** What a rewrite would do; plain data. */
export interface RewriteSummary {
  readonly shortPacks: number;
  readonly contents: Tally;
}

/** A rewrite of short packs, ready to be carried out. */
export interface RewritePlan extends Disposable {
  readonly summary: RewriteSummary;
  readonly relocations: Relocations;
}

/** Share of a full pack below which a pack is short. kopia's number. */
const SHORT_PACK = 0.6;

/** Bytes below which a pack is short. `packLimit` is what the writer at hand makes of the format's limit: packs that it
 *  can't make longer must not be written again each time. */
export function shortPackBytes(maxPackSize: number, packLimit: number): number {
  return Math.floor(Math.min(maxPackSize, packLimit) * SHORT_PACK);
}

/** Finds the contents of short packs in two walks over the index: one adds up what each pack holds, one collects. A single
 *  short pack of its kind is left alone, since it could only become another one.
 *  Unlike kopia this leaves deleted contents where they are: written again they would be deleted later still, and their
 *  pack goes when the watermark has passed them. Source: kopia repo/maintenance/content_rewrite.go. */
export function planRewrite(parts: MaintenanceRunParts, options: RewriteOptions): RewritePlan {
  const usage = measurePacks(parts, options);
  const isWorthIt = {
    p: usage.p.countShort(options.shortPackBytes) > 1,
    q: usage.q.countShort(options.shortPackBytes) > 1,
  };
  const relocations = new Relocations(parts.workDirectory, 'rewrite');
  if (isWorthIt.p || isWorthIt.q)
    forEachEntry(parts, (key, fields) => {
      const kind = kindOf(fields.packBlobId, options);
      if (kind === undefined || !isWorthIt[kind] || !isMovable(fields, options)) return;
      if (usage[kind].isShort(fields.packBlobId, options.shortPackBytes)) relocations.add(key, fields);
    });
  return {
    summary: { shortPacks: relocations.packCount, contents: relocations.tally },
    relocations,
    [Symbol.dispose]: () => relocations[Symbol.dispose](),
  };
}

function measurePacks(parts: MaintenanceRunParts, options: RewriteOptions): Record<'p' | 'q', PackUsage> {
  const usage = { p: new PackUsage(), q: new PackUsage() };
  forEachEntry(parts, (_, fields) => {
    const kind = kindOf(fields.packBlobId, options);
    if (kind !== undefined)
      usage[kind].add(fields.packBlobId, fields.packedLength, isMovable(fields, options));
  });
  return usage;
}

function isMovable(fields: EntryFields, { beforeSeconds }: RewriteOptions): boolean {
  return !fields.deleted && fields.timestampSeconds < beforeSeconds;
}

function kindOf(packBlobId: string, { prefixes }: RewriteOptions): 'p' | 'q' | undefined {
  return prefixes.find((prefix) => packBlobId.startsWith(prefix));
}

/** Calls `use` for every entry that exists. The key is valid during the call only. */
export function forEachEntry(
  { indexView }: Pick<MaintenanceRunParts, 'indexView'>,
  use: (key: Uint8Array, fields: EntryFields) => void,
): void {
  const cursor = indexView.cursor();
  while (cursor.advance()) {
    const fields = cursor.fields();
    if (!isHidden(fields, indexView.deletionWatermarkSeconds)) use(cursor.key, fields);
  }
}
