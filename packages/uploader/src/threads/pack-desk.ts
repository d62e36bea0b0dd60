import type { PackDesk, StoredPlace } from '@holdfast/repository/worker';

import type { PackAnswer, PackQuestion } from './protocol.ts';
import type { SyncPort } from './sync-port.ts';
import { packError, unpackError } from './thread-error.ts';

/** Where packs come from, for threads that can't get at them by themselves. Main thread only. */
export interface PackSource {
  /** Every pack is a local file. */
  readonly isLocal: boolean;
  /** Path of a file that begins with the pack; undefined where there is none. */
  path(packBlobId: string): Promise<string | undefined>;
  /** Bytes of a pack, the caller's own. */
  read(packBlobId: string, offset: number, length: number): Promise<Uint8Array>;
  /** As of `PackDesk`. */
  reread(place: StoredPlace): Promise<Uint8Array | undefined>;
}

/** A thread's way to ask for packs. */
export function packDesk(port: SyncPort): PackDesk {
  const ask = (question: PackQuestion): Exclude<PackAnswer, { kind: 'failed' }> => {
    // A cast: `answerPackQuestion` is at the other end.
    const answer = port.ask(question) as PackAnswer;
    if (answer.kind === 'failed') throw unpackError(answer.error);
    return answer;
  };
  return {
    path(packBlobId) {
      const answer = ask({ kind: 'path', packBlobId });
      return answer.kind === 'path' ? answer.path : undefined;
    },
    read(packBlobId, offset, length) {
      const answer = ask({ kind: 'bytes', packBlobId, offset, length });
      return answer.kind === 'bytes' ? answer.bytes : new Uint8Array();
    },
    reread({ key, packBlobId, packOffset, packedLength }) {
      const answer = ask({ kind: 'reread', place: { key, packBlobId, packOffset, packedLength } });
      return answer.kind === 'reread' ? answer.bytes : undefined;
    },
  };
}

/** Answers what `packDesk` asks; never rejects. */
export async function answerPackQuestion(source: PackSource, question: PackQuestion): Promise<PackAnswer> {
  try {
    if (question.kind === 'path') return { kind: 'path', path: await source.path(question.packBlobId) };
    if (question.kind === 'reread') return { kind: 'reread', bytes: await source.reread(question.place) };
    const { packBlobId, offset, length } = question;
    return { kind: 'bytes', bytes: await source.read(packBlobId, offset, length) };
  } catch (error) {
    return { kind: 'failed', error: packError(error) };
  }
}
