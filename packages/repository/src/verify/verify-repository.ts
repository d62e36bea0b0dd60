import { setImmediate as breathe } from 'node:timers/promises';

import type { BlobMetadata } from '../blob/storage.ts';
import { contentIdFromKey } from '../content/content-id.ts';
import type { EntryFields } from '../index/header.ts';
import { isHidden } from '../index/precedence.ts';
import { readUint32 } from '../index/wire.ts';
import { forEachConcurrently } from '../maintenance/concurrently.ts';
import type { MaintenanceParts } from '../maintenance/parts.ts';
import { Relocations } from '../maintenance/relocations.ts';
import { SAFETY } from '../maintenance/safety.ts';
import { loadActiveSessions, sessionOfBlob } from '../maintenance/sessions.ts';
import { countUnindexed } from '../maintenance/unindexed.ts';
import { WorkDirectory } from '../maintenance/work-directory.ts';
import { checkContents } from './check-contents.ts';
import { PackTable, shareOf } from './pack-table.ts';
import { type DamagedIndex, VerifyFindings, type VerifyProgress, type VerifyReport } from './report.ts';
import { dueShares, loadSampleState, saveSampleState, stateAfter } from './sample-state.ts';

/** Which contents are read. */
export type ContentsToRead =
  | { readonly kind: 'none' }
  | { readonly kind: 'all' }
  /** A random choice, another in each run. */
  | { readonly kind: 'percent'; readonly percent: number }
  /** Those whose turn it is, so that daily runs read everything in that many days. */
  | { readonly kind: 'share'; readonly days: number };

/** What to verify and how thoroughly. */
export interface VerifyOptions {
  readonly read: ContentsToRead;
  /** Also contents that are marked as deleted and may still be needed. */
  readonly includeDeleted: boolean;
  /** Stretches of packs that are fetched at a time. */
  readonly parallel?: number;
  /** Only contents whose index key this accepts; all when it is not given. */
  readonly isChosen?: (key: Uint8Array) => boolean;
  /** Index blobs that could not be opened; they are part of the result. */
  readonly damagedIndexes?: readonly DamagedIndex[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

const ENTRIES_AT_ONCE = 20_000;
const DEFAULT_PARALLEL = 4;

/** Checks that every content lies in a pack that is there and long enough, and reads as many of them as is asked for.
 *  Memory is about 70 bytes a pack, whatever the number of contents. The index is taken as it was when the repository was
 *  opened or refreshed: packs that it needs stay in storage for hours after that, whoever maintains it.
 *  Damage is reported; what the storage throws otherwise is thrown. */
export async function verifyRepository(
  parts: MaintenanceParts,
  options: VerifyOptions,
): Promise<VerifyReport> {
  using work = new WorkDirectory(parts.cacheDirectory);
  return await new Verification(parts, options).run(work);
}

type Choice = (key: Uint8Array, fields: EntryFields) => boolean;

class Verification {
  readonly #parts: MaintenanceParts;
  readonly #options: VerifyOptions;
  readonly #packs = new PackTable();
  readonly #findings: VerifyFindings;

  constructor(parts: MaintenanceParts, options: VerifyOptions) {
    this.#parts = parts;
    this.#options = options;
    const hasEpochs = parts.opened.format.epochParameters.enabled;
    this.#findings = new VerifyFindings(options.damagedIndexes ?? [], { hasEpochs });
  }

  async run(work: WorkDirectory): Promise<VerifyReport> {
    const isRead = await this.#choose();
    await this.#listPacks();
    using toRead = isRead && new Relocations(work.path, 'verify');
    await this.#checkEntries((key, fields) => {
      if (isRead?.(key, fields)) toRead?.add(key, fields);
    });
    if (toRead) await this.#read(toRead);
    await this.#rememberSample();
    this.#findings.unreferencedPacks = this.#packs.unused();
    if (this.#findings.unreferencedPacks.count > 0) await this.#findUnindexed();
    return this.#findings;
  }

  async #listPacks(): Promise<void> {
    const { signal } = this.#options;
    for (const prefix of ['p', 'q'])
      for await (const { id, length } of this.#parts.storage.list(prefix, signal ? { signal } : {})) {
        this.#packs.add(id, length);
        this.#findings.addPack(length);
      }
  }

  /** Calls `onSound` for each entry whose pack is long enough; keys are valid during the call only. */
  async #checkEntries(onSound: (key: Uint8Array, fields: EntryFields) => void): Promise<void> {
    const { indexView } = this.#parts;
    const { includeDeleted, isChosen, signal } = this.#options;
    const cursor = indexView.cursor();
    for (let i = 1; cursor.advance(); i++) {
      if (i % ENTRIES_AT_ONCE === 0) {
        await breathe();
        signal?.throwIfAborted();
        this.#report();
      }
      const fields = cursor.fields();
      if (isHidden(fields, indexView.deletionWatermarkSeconds) || isChosen?.(cursor.key) === false) continue;
      const isSound = this.#checkPlace(fields, fields.deleted && !includeDeleted);
      if (isSound) onSound(cursor.key, fields);
    }
  }

  /** Whether the content lies within its pack; an ignored one only makes its pack count as referenced. */
  #checkPlace({ packBlobId, packOffset, packedLength }: EntryFields, isIgnored: boolean): boolean {
    const length = this.#packs.use(packBlobId);
    if (isIgnored) return false;
    const findings = this.#findings;
    findings.contents++;
    if (length >= packOffset + packedLength) return true;
    if (length < 0) findings.contentsInMissingPacks++;
    else findings.contentsBeyondPacks++;
    const list = length < 0 ? findings.missingPacks : findings.truncatedPacks;
    if (this.#packs.noteOnce(packBlobId)) list.add({ pack: packBlobId, length });
    return false;
  }

  async #read(contents: Relocations): Promise<void> {
    const { parallel = DEFAULT_PARALLEL, signal } = this.#options;
    for await (const { content, error } of checkContents(this.#parts, contents.sorted(), {
      parallel,
      signal,
    })) {
      this.#findings.addRead(content.packedLength);
      if (error !== undefined)
        this.#findings.damagedContents.add({
          content: contentIdFromKey(content.key),
          pack: content.packBlobId,
          offset: content.packOffset,
          error,
        });
      if (this.#findings.read.count % REPORT_EVERY === 0) this.#report();
    }
  }

  /** Looks into packs that nothing refers to although nobody can be writing them, to tell garbage from a lost index. */
  async #findUnindexed(): Promise<void> {
    const packs = this.#packs;
    const isUnused = ({ id }: BlobMetadata): boolean => packs.has(id) && !packs.isUsed(id);
    const { parallel = DEFAULT_PARALLEL, signal } = this.#options;
    const abandoned = await listAbandoned(this.#parts, isUnused, signal);
    const { storage, crypto, indexView } = this.#parts;
    await forEachConcurrently(abandoned, parallel, async (pack) => {
      const contents = await countUnindexed({ storage, crypto, indexView, signal }, pack);
      if (contents > 0) this.#findings.unindexedPacks.add({ pack: pack.id, contents });
    });
  }

  async #choose(): Promise<Choice | undefined> {
    const { read } = this.#options;
    switch (read.kind) {
      case 'none':
        return undefined;
      case 'all':
        return () => true;
      case 'percent':
        return randomChoice(read.percent, this.#parts.random(4));
      case 'share': {
        const { days } = read;
        const shares = dueShares(await loadSampleState(this.#parts), days, this.#parts.clock.nowMs());
        this.#findings.sample = { days, shares };
        return (_, { packBlobId }) => shares.includes(shareOf(packBlobId, days));
      }
    }
  }

  async #rememberSample(): Promise<void> {
    const { sample } = this.#findings;
    if (sample === undefined) return;
    const state = stateAfter(sample.shares, sample.days, this.#parts.clock.nowMs());
    await saveSampleState(this.#parts, state);
  }

  #report(): void {
    const { contents, read, errorCount } = this.#findings;
    this.#options.onProgress?.({ contents, read, errorCount });
  }
}

/** Packs for which `isUnused` holds, old enough and without the marker of a session. */
async function listAbandoned(
  { storage, crypto, clock }: MaintenanceParts,
  isUnused: (pack: BlobMetadata) => boolean,
  signal: AbortSignal | undefined,
): Promise<readonly BlobMetadata[]> {
  const call = signal ? { signal } : {};
  const sessions = await loadActiveSessions(storage, crypto, call);
  const beforeMs = clock.nowMs() - SAFETY.full.packDeleteMinAgeMs;
  const packs: BlobMetadata[] = [];
  for (const prefix of ['p', 'q'])
    for await (const pack of storage.list(prefix, call)) {
      const isOld = pack.timestampMs < beforeMs && !sessions.has(sessionOfBlob(pack.id) ?? '');
      if (isOld && isUnused(pack)) packs.push(pack);
    }
  return packs;
}

const REPORT_EVERY = 64;

/** Hashes are random already; the salt makes each choice another one. */
function randomChoice(percent: number, salt: Uint8Array): Choice {
  const mask = readUint32(salt, 0);
  return (key) => (((readUint32(key, 1) ^ mask) >>> 0) * 100) / 2 ** 32 < percent;
}
