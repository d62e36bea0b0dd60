import type { BlobId } from '../blob/storage.ts';

/* Names of everything the epoch protocol stores. Source: kopia internal/epoch/epoch_utils.go. */

/** All of it starts with this. */
export const EPOCH_PREFIX = 'x';

/** What the name of an epoch blob says. */
export type EpochBlobName =
  /** `xn<E>_...`: index blob as some client wrote it in epoch E. */
  | { readonly kind: 'index'; readonly epoch: number }
  /** `xs<E>_...`: replaces the index blobs of epoch E. */
  | { readonly kind: 'compaction'; readonly epoch: number }
  /** `xr<A>_<B>_...`: replaces those of epochs A to B. */
  | { readonly kind: 'checkpoint'; readonly first: number; readonly last: number }
  /** `xe<E>`: epoch E has begun. */
  | { readonly kind: 'marker'; readonly epoch: number }
  /** `xw<seconds>`: deletion watermark. */
  | { readonly kind: 'watermark'; readonly seconds: number };

/** What `id` says; undefined for names that kopia ignores too. */
export function parseEpochBlobName(id: string): EpochBlobName | undefined {
  switch (id.slice(0, 2)) {
    case 'xn':
      return withEpoch('index', /^xn(0|[1-9]\d*)_/.exec(id));
    case 'xs':
      return withEpoch('compaction', /^xs\D*?(\d+)(?:_|$)/.exec(id));
    case 'xe':
      return withEpoch('marker', /^xe\D*?(\d+)(?:_|$)/.exec(id));
    case 'xr':
      return checkpoint(/^xr\D*?(\d+)_(\d+)_/.exec(id));
    case 'xw':
      return watermark(/^xw(\d+)$/.exec(id));
    default:
      return undefined;
  }
}

/** Start of the names of index blobs written in `epoch`. */
export function indexBlobPrefix(epoch: number): string {
  return `xn${epoch}_`;
}

/** Start of the names of blobs that replace those of `epoch`. */
export function compactionPrefix(epoch: number): string {
  return `xs${epoch}_`;
}

/** Start of the names of blobs that replace those of epochs `first` to `last`. */
export function checkpointPrefix(first: number, last: number): string {
  return `xr${first}_${last}_`;
}

/** Name of the marker that starts `epoch`. */
export function epochMarkerId(epoch: number): BlobId {
  // A name by construction, as below.
  return `xe${epoch}` as BlobId;
}

/** Name of the watermark that hides contents deleted at `seconds` or before. */
export function watermarkId(seconds: number): BlobId {
  return `xw${seconds}` as BlobId;
}

/** What all blobs of one set end with: `set` is a session ID, or `s` and random hex; `count` is the size of the set. */
export function setSuffix(set: string, count: number): string {
  return `${set}-c${count}`;
}

/** The set that a blob belongs to, by its name; undefined when it is one of its own. */
export function parseSet(id: string): { readonly set: string; readonly count: number } | undefined {
  const match = /^[^-]*-(s[^-]*)-c(\d+)(?:-|$)/.exec(id);
  return match ? { set: match[1] ?? '', count: Number(match[2]) } : undefined;
}

function withEpoch<Kind extends 'index' | 'compaction' | 'marker'>(
  kind: Kind,
  match: RegExpExecArray | null,
): { readonly kind: Kind; readonly epoch: number } | undefined {
  const epoch = Number(match?.[1]);
  return Number.isSafeInteger(epoch) ? { kind, epoch } : undefined;
}

/** A range that runs backwards is ignored: it covers nothing. */
function checkpoint(match: RegExpExecArray | null): EpochBlobName | undefined {
  const first = Number(match?.[1]);
  const last = Number(match?.[2]);
  const isRange = Number.isSafeInteger(first) && Number.isSafeInteger(last) && first <= last;
  return isRange ? { kind: 'checkpoint', first, last } : undefined;
}

function watermark(match: RegExpExecArray | null): EpochBlobName | undefined {
  const seconds = Number(match?.[1]);
  return Number.isSafeInteger(seconds) ? { kind: 'watermark', seconds } : undefined;
}
