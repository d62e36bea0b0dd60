import type { BlobMetadata } from '../blob/storage.ts';
import { firstCompleteSet } from './complete-set.ts';
import { type EpochBlobName, parseEpochBlobName } from './names.ts';

/** A complete set of blobs that replaces the index blobs of epochs `first` to `last`. */
export interface Checkpoint {
  readonly first: number;
  readonly last: number;
  readonly blobs: readonly BlobMetadata[];
}

/** What one listing of the epoch blobs means. Lists are in the order of names. */
export interface EpochState {
  /** Epoch that new index blobs belong to. */
  readonly writeEpoch: number;
  /** 0 when none was ever set. */
  readonly deletionWatermarkSeconds: number;
  /** Index blobs by the epoch they were written in. */
  readonly indexes: ReadonlyMap<number, readonly BlobMetadata[]>;
  /** Complete single-epoch compactions. */
  readonly compactions: ReadonlyMap<number, readonly BlobMetadata[]>;
  /** Complete checkpoints, each starting where the one before ended, the first at epoch 0. */
  readonly checkpoints: readonly Checkpoint[];
  readonly markers: readonly BlobMetadata[];
  readonly watermarks: readonly BlobMetadata[];
}

/** Reads the state from the epoch blobs of a repository, in any order. Total: names it does not know are ignored.
 *  Source: kopia internal/epoch/epoch_manager.go. */
export function epochStateOf(blobs: Iterable<BlobMetadata>): EpochState {
  const listing = new Listing();
  for (const blob of [...blobs].toSorted(byName)) listing.add(blob);
  return {
    writeEpoch: listing.writeEpoch,
    deletionWatermarkSeconds: listing.watermarkSeconds,
    indexes: listing.indexes,
    compactions: completeSets(listing.compactions),
    checkpoints: longestChain(completeCheckpoints(listing.checkpoints)),
    markers: listing.markers,
    watermarks: listing.watermarks,
  };
}

/** An epoch is settled when no client that plays by the rules writes to it any more. */
export function lastSettledEpoch(state: EpochState): number {
  return state.writeEpoch - 2;
}

/** The index blobs that hold everything up to and including epoch `last`; by default, all that counts. One epoch past
 *  the write epoch is read, since writers may have moved on already. */
export function readSet(state: EpochState, last: number = state.writeEpoch + 1): readonly BlobMetadata[] {
  // kopia passes over a checkpoint of a single epoch, and then over that epoch when another checkpoint follows. It
  // never writes one; should somebody do so, nothing gets lost here.
  const checkpointed = state.checkpoints.flatMap((checkpoint) => checkpoint.blobs);
  return [...checkpointed, ...readEpochs(state, firstOpenEpoch(state), last)];
}

/** The first epoch that no checkpoint covers. */
export function firstOpenEpoch(state: EpochState): number {
  return (state.checkpoints.at(-1)?.last ?? -1) + 1;
}

/** The index blobs of epochs `first` to `last`, compacted ones where they may be used. */
export function readEpochs(state: EpochState, first: number, last: number): readonly BlobMetadata[] {
  // Goes by the epochs that have blobs: a stray marker must not make this count to its number.
  const epochs = new Set([...state.indexes.keys(), ...state.compactions.keys()]);
  return [...epochs]
    .filter((epoch) => epoch >= first && epoch <= last)
    .toSorted((a, b) => a - b)
    .flatMap((epoch) => {
      const compacted = epoch <= lastSettledEpoch(state) ? state.compactions.get(epoch) : undefined;
      return compacted ?? state.indexes.get(epoch) ?? [];
    });
}

/** Sorts a listing by what the names say. */
class Listing {
  writeEpoch = 0;
  watermarkSeconds = 0;
  readonly indexes = new Map<number, BlobMetadata[]>();
  readonly compactions = new Map<number, BlobMetadata[]>();
  readonly checkpoints = new Map<string, { first: number; last: number; blobs: BlobMetadata[] }>();
  readonly markers: BlobMetadata[] = [];
  readonly watermarks: BlobMetadata[] = [];

  add(blob: BlobMetadata): void {
    const name = parseEpochBlobName(blob.id);
    if (name !== undefined) this.#add(blob, name);
  }

  #add(blob: BlobMetadata, name: EpochBlobName): void {
    switch (name.kind) {
      case 'index':
        addTo(this.indexes, name.epoch, blob);
        break;
      case 'compaction':
        addTo(this.compactions, name.epoch, blob);
        break;
      case 'checkpoint':
        this.#addCheckpoint(blob, name);
        break;
      case 'marker':
        this.writeEpoch = Math.max(this.writeEpoch, name.epoch);
        this.markers.push(blob);
        break;
      case 'watermark':
        this.watermarkSeconds = Math.max(this.watermarkSeconds, name.seconds);
        this.watermarks.push(blob);
        break;
    }
  }

  #addCheckpoint(blob: BlobMetadata, { first, last }: { first: number; last: number }): void {
    const key = `${first}_${last}`;
    const known = this.checkpoints.get(key);
    if (known) known.blobs.push(blob);
    else this.checkpoints.set(key, { first, last, blobs: [blob] });
  }
}

function addTo(groups: Map<number, BlobMetadata[]>, epoch: number, blob: BlobMetadata): void {
  const group = groups.get(epoch);
  if (group) group.push(blob);
  else groups.set(epoch, [blob]);
}

function completeSets(
  groups: ReadonlyMap<number, readonly BlobMetadata[]>,
): ReadonlyMap<number, readonly BlobMetadata[]> {
  const complete = new Map<number, readonly BlobMetadata[]>();
  for (const [epoch, blobs] of groups) {
    const set = firstCompleteSet(blobs);
    if (set !== undefined) complete.set(epoch, set);
  }
  return complete;
}

function completeCheckpoints(groups: ReadonlyMap<string, Checkpoint>): Checkpoint[] {
  return [...groups.values()].flatMap((checkpoint) => {
    const set = firstCompleteSet(checkpoint.blobs);
    return set === undefined ? [] : [{ ...checkpoint, blobs: set }];
  });
}

/** The chain from epoch 0 that reaches furthest, of those the one with the fewest pieces. */
function longestChain(checkpoints: readonly Checkpoint[]): readonly Checkpoint[] {
  const chains = new Map<number, readonly Checkpoint[]>();
  // From the end, so that what may follow a checkpoint is known before it is looked at.
  for (const checkpoint of checkpoints.toSorted((a, b) => b.first - a.first || a.last - b.last)) {
    const chain = [checkpoint, ...(chains.get(checkpoint.last + 1) ?? [])];
    const best = chains.get(checkpoint.first);
    if (best === undefined || isBetter(chain, best)) chains.set(checkpoint.first, chain);
  }
  return chains.get(0) ?? [];
}

function isBetter(chain: readonly Checkpoint[], best: readonly Checkpoint[]): boolean {
  const reach = chain.at(-1)?.last ?? 0;
  const bestReach = best.at(-1)?.last ?? 0;
  return reach > bestReach || (reach === bestReach && chain.length < best.length);
}

function byName(a: BlobMetadata, b: BlobMetadata): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
