import type { BlobMetadata, BlobReader } from '../blob/storage.ts';
import { type Breaker, measureUnindexed, type UnindexedFinding } from './breaker.ts';
import { forEachConcurrently } from './concurrently.ts';
import type { MetadataPacks } from './metadata-packs.ts';
import { PackUsage } from './pack-usage.ts';
import { type MaintenanceRunParts, NOTHING, type Tally, tallied, tallyOf } from './parts.ts';
import { forEachEntry } from './rewrite.ts';
import type { SafetyParameters } from './safety.ts';
import { type ActiveSessions, loadActiveSessions, sessionOfBlob } from './sessions.ts';
import { countUnindexed } from './unindexed.ts';

/** Blobs that nothing refers to. */
export interface BlobGcPlan {
  readonly packs: readonly BlobMetadata[];
  /** To be deleted after the packs: while its marker is there, a pack is known to be of a session that never ended. */
  readonly markers: readonly BlobMetadata[];
  /** Unreferenced, but too young, of a session that may still be at work, or with contents that no index knows. */
  readonly kept: Tally;
  readonly referencedPacks: number;
  readonly unindexed: UnindexedPacks;
}

/** Packs that nothing refers to although a session ended that wrote them, with contents that no index knows. */
export interface UnindexedPacks extends UnindexedFinding {
  readonly packs: Tally;
}

/** What a decision about an unreferenced blob depends on. */
export interface BlobGcFacts {
  readonly startMs: number;
  readonly sessions: ActiveSessions;
  readonly safety: Pick<SafetyParameters, 'packDeleteMinAgeMs' | 'sessionExpirationMs'>;
}

/** What planning depends on besides the repository. */
export interface BlobGcOptions extends Omit<BlobGcFacts, 'sessions'> {
  readonly breaker: Breaker;
  /** Deletes packs with contents that no index knows. */
  readonly force: boolean;
  /** Packs that this run has fetched. */
  readonly metadata: MetadataPacks;
}

/** Clocks are this coarse in places: what is stored at the start counts as stored before. */
const START_SLACK_MS = 1000;

/** Whether an unreferenced pack or session marker may go. Source: kopia repo/maintenance/pack_gc.go. */
export function mayDeleteBlob(blob: BlobMetadata, { startMs, sessions, safety }: BlobGcFacts): boolean {
  const cutoffMs = startMs + START_SLACK_MS;
  const ageMs = cutoffMs - blob.timestampMs;
  if (ageMs < 0 || ageMs < safety.packDeleteMinAgeMs) return false;
  const seenMs = sessions.get(sessionOfBlob(blob.id) ?? '');
  return seenMs === undefined || cutoffMs - seenMs >= safety.sessionExpirationMs;
}

/** Compares the packs that the index refers to, deleted contents that still exist included, with those in storage.
 *  `prefixes`: `p` and `q` for packs, `s` for session markers.
 *
 *  A session removes its marker when its index is stored. So an unreferenced pack with a marker is garbage of a run that
 *  never ended. One without a marker was in an index once; when its contents are in none now, neither elsewhere nor as
 *  deleted, an index has been lost, and the pack is all there is to recover it from. kopia deletes both. */
export async function planBlobGc(
  parts: MaintenanceRunParts,
  prefixes: readonly ('p' | 'q' | 's')[],
  options: BlobGcOptions,
): Promise<BlobGcPlan> {
  const { used, live } = measureIndex(parts);
  const call = parts.signal ? { signal: parts.signal } : {};
  const sessions = await loadActiveSessions(parts.storage, parts.crypto, call);
  const found = new Unreferenced({ ...options, sessions });
  for (const prefix of prefixes)
    for await (const blob of parts.storage.list(prefix, call)) if (!used.has(blob.id)) found.add(blob);
  const lost = await findUnindexed(parts, options.metadata, found.withoutSession);
  const finding = measureUnindexed({ unindexed: lost.contents, live }, options.breaker, {
    hasEpochs: parts.opened.format.epochParameters.enabled,
  });
  const keepsLost = finding.isTripped && !options.force;
  const unindexed = { ...finding, isTripped: keepsLost, packs: tallyOf([...lost.packs]) };
  return {
    packs: keepsLost ? found.packs.filter((pack) => !lost.packs.has(pack)) : found.packs,
    markers: found.markers,
    kept: keepsLost ? sumOf(found.kept, unindexed.packs) : found.kept,
    referencedPacks: used.count,
    unindexed,
  };
}

/** Sorts unreferenced blobs; packs must come before markers. */
class Unreferenced {
  readonly #facts: BlobGcFacts;
  readonly #keptSessions = new Set<string>();
  readonly packs: BlobMetadata[] = [];
  readonly markers: BlobMetadata[] = [];
  /** Those of the packs whose session has ended. */
  readonly withoutSession: BlobMetadata[] = [];
  kept: Tally = NOTHING;

  constructor(facts: BlobGcFacts) {
    this.#facts = facts;
  }

  add(blob: BlobMetadata): void {
    const session = sessionOfBlob(blob.id) ?? '';
    const isMarker = blob.id.startsWith('s');
    // A marker stays as long as one of its packs, which would otherwise seem to be of a session that ended.
    if (!mayDeleteBlob(blob, this.#facts) || (isMarker && this.#keptSessions.has(session))) {
      this.kept = tallied(this.kept, blob.length);
      this.#keptSessions.add(session);
      return;
    }
    (isMarker ? this.markers : this.packs).push(blob);
    if (!isMarker && !this.#facts.sessions.has(session)) this.withoutSession.push(blob);
  }
}

function measureIndex(parts: MaintenanceRunParts): { readonly used: PackUsage; readonly live: number } {
  const used = new PackUsage();
  let live = 0;
  forEachEntry(parts, (_, { packBlobId, packedLength, deleted }) => {
    used.add(packBlobId, packedLength, false);
    if (!deleted) live++;
  });
  return { used, live };
}

async function findUnindexed(
  parts: MaintenanceRunParts,
  metadata: MetadataPacks,
  candidates: readonly BlobMetadata[],
): Promise<{ readonly packs: ReadonlySet<BlobMetadata>; readonly contents: number }> {
  const packs = new Set<BlobMetadata>();
  let contents = 0;
  const { crypto, indexView, signal } = parts;
  const tails = { crypto, indexView, signal, storage: tailReader(parts, metadata) };
  await forEachConcurrently(candidates, TAILS_AT_ONCE, async (pack) => {
    const count = await countUnindexed(tails, pack);
    if (count > 0) packs.add(pack);
    contents += count;
  });
  return { packs, contents };
}

const TAILS_AT_ONCE = 8;

function tailReader({ storage }: MaintenanceRunParts, metadata: MetadataPacks): Pick<BlobReader, 'get'> {
  return {
    get: async (id, range, options) => {
      if (range?.length === undefined || !metadata.has(id)) return await storage.get(id, range, options);
      const { offset: packOffset, length: packedLength } = range;
      return await metadata.readStored({ packBlobId: id, packOffset, packedLength });
    },
  };
}

function sumOf(a: Tally, b: Tally): Tally {
  return { count: a.count + b.count, bytes: a.bytes + b.bytes };
}
