import {
  type BlobMetadata,
  type ContentCrypto,
  createMemoryStorage,
  parseBlobId,
  parseObjectId,
  repositoryErrorCode,
  systemClock,
} from '@holdfast/repository';

import {
  decideAdvance,
  decideCheckpoint,
  decideCleanup,
  decideSingleCompaction,
} from '../../../packages/repository/src/epoch/decisions.ts';
import { activeLegacyBlobs, decodeCompactionLog } from '../../../packages/repository/src/epoch/legacy.ts';
import { epochStateOf, readSet } from '../../../packages/repository/src/epoch/state.ts';
import { DEFAULT_EPOCH_PARAMETERS } from '../../../packages/repository/src/format/defaults.ts';
import { loadActiveSessions } from '../../../packages/repository/src/maintenance/sessions.ts';
import { decodeIndirect, encodeIndirect } from '../../../packages/repository/src/object/indirect.ts';
import { sealBlob } from '../../../packages/repository/src/sealed/sealed-blob.ts';
import { cryptoOf } from './sealed-targets.ts';
import type { FuzzTarget, Verdict } from './target.ts';

/** What tells which blobs and parts there are. */
export async function listingTargets(): Promise<readonly FuzzTarget[]> {
  const crypto = await cryptoOf({ encryption: 'AES256-GCM-HMAC-SHA256', eccOverheadPercent: 0 });
  return [indirectTarget(), compactionLogTarget(), epochTarget(), sessionTarget(crypto)];
}

/** The parts must follow each other, and be the same in whatever chunks they come. */
function indirectTarget(): FuzzTarget {
  const seeds = [0, 1, 3, 60].map((count) => {
    const entries = Array.from({ length: count }, (_, i) => ({
      start: i * 1000,
      length: 1000,
      objectId: parseObjectId((i * 7919).toString(16).padStart(32, '0')),
    }));
    return Buffer.from([...encodeIndirect(entries)].join(''));
  });
  return {
    name: 'list of parts',
    seeds,
    allowedBytes: 4 << 20,
    check: async (input) => {
      const whole = await partsOf(input, input.length);
      const pieces = await partsOf(input, 50);
      return whole === pieces ? undefined : 'another list came out of smaller chunks';
    },
  };
}

/** As text; a refusal is one too. */
async function partsOf(input: Uint8Array, chunkLength: number): Promise<string> {
  try {
    let end = 0;
    const parts: string[] = [];
    for await (const { start, length, objectId } of decodeIndirect(inChunks(input, chunkLength))) {
      if (start !== end) throw new Error(`a part at ${start}, not ${end}`);
      end = start + length;
      parts.push(`${start} ${length} ${objectId}`);
    }
    return parts.join('\n');
  } catch (error) {
    const code = repositoryErrorCode(error);
    if (code === undefined) throw error;
    return code;
  }
}

// oxlint-disable-next-line typescript/require-await -- the decoder takes an asynchronous stream
async function* inChunks(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

function compactionLogTarget(): FuzzTarget {
  const blob = (id: string): object => ({ id, length: 100, timestamp: '2024-01-02T03:04:05.678Z' });
  const log = { inputMetadata: [blob('n1'), blob('n2')], outputMetadata: [blob('n3')] };
  return {
    name: 'compaction log',
    seeds: [log, { inputMetadata: null, outputMetadata: [] }].map(json),
    check: (input) => {
      const present = ['n1', 'n2', 'n3'].map((id) => metadata(id, 1));
      const active = activeLegacyBlobs(present, [decodeCompactionLog(input)]);
      return active.length > 0 ? undefined : 'no index blob counts any more';
    },
  };
}

/** A line for each blob of a listing: what to do is decided whatever their names are. */
function epochTarget(): FuzzTarget {
  const names =
    'xe1 xn0_aa-s1-c1 xn1_bb-s1-c2 xn1_bc-s1-c2 xs0_cc-s2-c1 xw1700000000 xr0_1_dd-s3-c2 xr0_1_de-s3-c2 xn2_ee-s4-c1 ' +
    'xn3_ff-s4-c1 xr2_2_a xs9 xe007';
  const check = (input: Uint8Array): Verdict => {
    const ids = Buffer.from(input).toString('latin1').split('\n');
    const state = epochStateOf(ids.filter((id) => id !== '').map(metadata));
    readSet(state);
    decideAdvance(state, DEFAULT_EPOCH_PARAMETERS);
    decideSingleCompaction(state);
    decideCheckpoint(state, DEFAULT_EPOCH_PARAMETERS);
    decideCleanup(state, DEFAULT_EPOCH_PARAMETERS);
    return Number.isSafeInteger(state.writeEpoch) ? undefined : `write epoch ${state.writeEpoch}`;
  };
  return { name: 'names of epoch blobs', seeds: [Buffer.from(names.replaceAll(' ', '\n'))], check };
}

/** A marker that cannot be read counts too: its session protects packs. */
function sessionTarget(crypto: ContentCrypto): FuzzTarget {
  const time = '2024-01-02T03:04:05.678Z';
  const marker = { id: 's0123456789abcdef147', startTime: time, checkpointTime: time, username: 'u' };
  return {
    name: 'session marker',
    seeds: [json(marker)],
    allowedBytes: 1 << 20,
    check: async (input) => {
      const storage = createMemoryStorage({ clock: systemClock });
      const { id, bytes } = sealBlob('s', input, 's0123456789abcdef147', crypto);
      await storage.put(id, [bytes]);
      const sessions = [...(await loadActiveSessions(storage, crypto)).values()];
      return sessions.length === 1 && sessions.every(Number.isFinite)
        ? undefined
        : `sessions: ${sessions.join()}`;
    },
  };
}

function metadata(id: string, at: number): BlobMetadata {
  // Names in a listing are what the storage says.
  return { id: id as ReturnType<typeof parseBlobId>, length: 100, timestampMs: 1.7e12 + at };
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
