import { compressionName, contentIdFromKey, type GoJsonObject, type IndexEntry } from '@holdfast/repository';
import { nsOfMs, timeText } from '../../output/times.ts';
import { bytesText, savingText } from '../../output/units.ts';

/** What is told of each content. */
export interface ContentLineFlags {
  readonly long?: boolean;
  readonly compression?: boolean;
  readonly human?: boolean;
}

/** A content as kopia's JSON. Source: kopia repo/content/index/info.go. */
export function contentJson(entry: IndexEntry): GoJsonObject {
  return {
    packFile: entry.packBlobId,
    time: entry.timestampSeconds,
    originalLength: entry.originalLength,
    length: entry.packedLength,
    packOffset: entry.packOffset,
    compression: entry.compressionHeaderId || undefined,
    contentID: contentIdFromKey(entry.key),
    deleted: entry.deleted,
    formatVersion: entry.formatVersion,
    encryptionKeyID: entry.encryptionKeyId || undefined,
  };
}

/** A content for people, in kopia's columns. */
export function contentLine(entry: IndexEntry, flags: ContentLineFlags): string {
  const id = contentIdFromKey(entry.key);
  const size = (bytes: number): string => (flags.human === true ? bytesText(bytes) : String(bytes));
  const deleted = entry.deleted ? ' (deleted)' : '';
  if (flags.compression === true)
    return `${id} length ${size(entry.originalLength)} packed ${size(entry.packedLength)} ${compressionText(entry)}${deleted}`;
  if (flags.long !== true) return id;
  const time = timeText(nsOfMs(entry.timestampSeconds * 1000));
  const place = `${entry.packBlobId} ${entry.packOffset}+${size(entry.packedLength)}${deleted}`;
  return `${id} ${entry.originalLength} ${time} ${place} ${compressionText(entry)}`;
}

function compressionText({ compressionHeaderId, originalLength, packedLength }: IndexEntry): string {
  if (compressionHeaderId === 0) return '-';
  const name = compressionName(compressionHeaderId) ?? `compression-${compressionHeaderId.toString(16)}`;
  return `${name} ${savingText(originalLength, packedLength)}`;
}
