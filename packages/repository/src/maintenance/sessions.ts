import type { BlobMetadata, BlobStorage, CallOptions } from '../blob/storage.ts';
import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import { parseTimeNs } from '../format/go-json.ts';
import { openSealedBlob, type SealingCrypto } from '../sealed/sealed-blob.ts';
import { msOfNs } from './timing.ts';

/** When each session last gave a sign of life, by session ID. Milliseconds since the Unix epoch. */
export type ActiveSessions = ReadonlyMap<string, number>;

/** Session that wrote a blob: the part of its name that starts with `s`; undefined when there is none. */
export function sessionOfBlob(id: string): string | undefined {
  return id
    .split('-')
    .slice(1)
    .find((part) => part.startsWith('s'));
}

/** Reads the markers of all sessions. One that can't be read counts from when it was stored: it protects packs too.
 *  Source: kopia repo/content/sessions.go. */
export async function loadActiveSessions(
  storage: Pick<BlobStorage, 'list' | 'get'>,
  crypto: SealingCrypto,
  options: CallOptions = {},
): Promise<ActiveSessions> {
  const sessions = new Map<string, number>();
  for await (const marker of storage.list('s', options)) {
    const session = sessionOfBlob(marker.id);
    const seenMs = await readMarker(storage, crypto, marker, options);
    if (session !== undefined && seenMs !== undefined)
      sessions.set(session, Math.max(seenMs, sessions.get(session) ?? 0));
  }
  return sessions;
}

/** Undefined when the marker is gone: the session has ended, and its index is stored. */
async function readMarker(
  storage: Pick<BlobStorage, 'get'>,
  crypto: SealingCrypto,
  marker: BlobMetadata,
  options: CallOptions,
): Promise<number | undefined> {
  try {
    const bytes = await storage.get(marker.id, undefined, options);
    return checkpointMs(openSealedBlob(marker.id, bytes, crypto)) ?? marker.timestampMs;
  } catch (error) {
    const code = repositoryErrorCode(error);
    if (code === 'BLOB_NOT_FOUND') return undefined;
    if (code === 'CONTENT_CORRUPT' || code === 'ECC_UNREPAIRABLE' || code === 'ID_INVALID')
      return marker.timestampMs;
    throw error;
  }
}

function checkpointMs(plain: Uint8Array): number | undefined {
  try {
    const marker: unknown = JSON.parse(Buffer.from(plain).toString('utf8'));
    if (typeof marker !== 'object' || marker === null || !('checkpointTime' in marker)) return undefined;
    return typeof marker.checkpointTime === 'string' ? msOfNs(parseTimeNs(marker.checkpointTime)) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RepositoryError) return undefined;
    throw error;
  }
}
