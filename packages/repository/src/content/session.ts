import type { BlobId, BlobStorage } from '../blob/storage.ts';
import type { Clock } from '../clock.ts';
import { sealBlob, type SealingCrypto } from '../sealed/sealed-blob.ts';

/** Who writes, for the marker that other clients read. */
export interface Writer {
  readonly username: string;
  readonly hostname: string;
}

/** What a session works with. */
export interface SessionParts {
  readonly storage: BlobStorage;
  readonly crypto: SealingCrypto;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly writer: Writer;
}

/** A batch of packs on its way to an index: while the marker stands, garbage collection leaves its packs alone.
 *  Source: kopia repo/content/sessions.go. */
export interface Session {
  /** `s`, 16 random hex digits, months since 2000 in hex: the suffix of every blob of the session. */
  readonly id: string;
  /** Removes the marker; called when the index of the batch is stored. A marker left behind only delays clean-up. */
  end(): Promise<void>;
}

/** Starts a session: the marker is stored when this resolves. */
export async function startSession(parts: SessionParts): Promise<Session> {
  const nowMs = parts.clock.nowMs();
  const id = sessionId(nowMs, parts.random);
  const time = new Date(nowMs).toISOString().replace('.000Z', 'Z');
  const marker = {
    id,
    startTime: time,
    checkpointTime: time,
    username: parts.writer.username,
    hostname: parts.writer.hostname,
  };
  const sealed = sealBlob('s', Buffer.from(JSON.stringify(marker)), id, parts.crypto);
  await parts.storage.put(sealed.id, [sealed.bytes]);
  return { id, end: () => endSession(parts.storage, sealed.id) };
}

/** A session ID for the time `nowMs`. */
export function sessionId(nowMs: number, random: (bytes: number) => Uint8Array): string {
  const month = Math.floor((nowMs - Date.UTC(2000, 0, 1)) / (30 * 24 * 3600 * 1000));
  return `s${Buffer.from(random(8)).toString('hex')}${month.toString(16)}`;
}

async function endSession(storage: BlobStorage, marker: BlobId): Promise<void> {
  await storage.delete(marker);
}
