import type { IndexEntry } from './entry.ts';

/** What decides between two entries of one content. */
export type PrecedenceFields = Pick<IndexEntry, 'timestampSeconds' | 'deleted' | 'packBlobId' | 'packOffset'>;

/** Whether `a` wins over `b`, an entry of the same content: the later one, then the one that is not deleted, then the
 *  larger pack name. kopia takes either where all that is equal; here the larger offset wins, so that the order of
 *  merging never matters. Source: kopia repo/content/index/merged.go. */
export function supersedes(a: PrecedenceFields, b: PrecedenceFields): boolean {
  if (a.timestampSeconds !== b.timestampSeconds) return a.timestampSeconds > b.timestampSeconds;
  if (a.deleted !== b.deleted) return b.deleted;
  if (a.packBlobId !== b.packBlobId) return a.packBlobId > b.packBlobId;
  return a.packOffset > b.packOffset;
}

/** Whether the deletion watermark makes an entry non-existent: its pack may be gone. */
export function isHidden(
  entry: Pick<IndexEntry, 'timestampSeconds' | 'deleted'>,
  deletionWatermarkSeconds: number,
): boolean {
  return entry.deleted && entry.timestampSeconds <= deletionWatermarkSeconds;
}
