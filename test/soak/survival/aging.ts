import { utimesSync } from 'node:fs';
import { join } from 'node:path';

import { type BlobMetadata, formatTimeNs, type MaintenanceParts, parseTimeNs } from '@holdfast/repository';

import { parseEpochBlobName, watermarkId } from '../../../packages/repository/src/epoch/names.ts';
import type { MaintenanceSchedule } from '../../../packages/repository/src/format/maintenance-blob.ts';
import { loadSchedule, saveSchedule } from '../../../packages/repository/src/maintenance/schedule-store.ts';
import { decodePostamble, encodePostamble } from '../../../packages/repository/src/pack/postamble.ts';
import { open, openSealedBlob, seal, sealBlob } from '../../../packages/repository/src/sealed/sealed-blob.ts';
import { shiftFileTimes } from '../../support/blob-files.ts';
import { openLocal } from '../../support/repository.ts';

/** Makes a repository of the local file system look as if it had rested for some time, as all waiting times of maintenance
 *  see it: times of blobs, of contents in indexes and packs, of sessions, of earlier maintenance, and the deletion watermark.
 *  Snapshots keep theirs. Nobody may be using the repository meanwhile; caches of index blobs are void afterwards. */
export async function ageRepository(path: string, seconds: number): Promise<void> {
  shiftFileTimes(path, seconds);
  const repository = await openLocal(path);
  try {
    await new Aging(path, repository.maintenanceParts(), seconds).run();
  } finally {
    await repository.close();
  }
}

class Aging {
  readonly #path: string;
  readonly #parts: MaintenanceParts;
  readonly #seconds: number;

  constructor(path: string, parts: MaintenanceParts, seconds: number) {
    this.#path = path;
    this.#parts = parts;
    this.#seconds = seconds;
  }

  async run(): Promise<void> {
    for (const blob of await this.#list('x')) await this.#ageEpochBlob(blob);
    for (const prefix of ['p', 'q']) for (const blob of await this.#list(prefix)) await this.#agePack(blob);
    for (const blob of await this.#list('s'))
      await this.#replaceSealed(blob, (plain) => this.#ageText(plain));
    await saveSchedule(this.#parts, this.#ageSchedule(await loadSchedule(this.#parts)));
  }

  async #list(prefix: string): Promise<readonly BlobMetadata[]> {
    return await Array.fromAsync(this.#parts.storage.list(prefix));
  }

  async #ageEpochBlob(blob: BlobMetadata): Promise<void> {
    const name = parseEpochBlobName(blob.id);
    if (name === undefined) throw new Error(`what is ${blob.id}?`);
    if (name.kind === 'marker') return;
    if (name.kind !== 'watermark') return await this.#replaceSealed(blob, (plain) => this.#ageIndex(plain));
    const body = await this.#parts.storage.get(blob.id);
    await this.#replace(blob, { id: watermarkId(name.seconds - this.#seconds), bytes: body });
  }

  /** A pack lists its contents with their times as well: what it holds must not look newer than its deletion. */
  async #agePack(blob: BlobMetadata): Promise<void> {
    const { storage, crypto } = this.#parts;
    const bytes = await storage.get(blob.id);
    const { localIndexOffset: offset, localIndexLength: length, localIndexIv } = decodePostamble(bytes);
    const plain = this.#ageIndex(
      Buffer.from(open(bytes.subarray(offset, offset + length), localIndexIv, crypto)),
    );
    const iv = new Uint8Array(crypto.hasher.digestLength);
    crypto.hasher.hash(plain, iv);
    const sealed = seal(plain, iv, crypto);
    const postamble = encodePostamble({
      localIndexIv: iv,
      localIndexOffset: offset,
      localIndexLength: sealed.length,
    });
    await this.#replace(blob, {
      id: blob.id,
      bytes: Buffer.concat([bytes.subarray(0, offset), sealed, postamble]),
    });
  }

  /** Stores a sealed blob again with other contents: its name changes with them. */
  async #replaceSealed(blob: BlobMetadata, change: (plain: Buffer) => Uint8Array): Promise<void> {
    const { storage, crypto } = this.#parts;
    const plain = openSealedBlob(blob.id, await storage.get(blob.id), crypto);
    const { prefix = '', suffix = '' } = SEALED_NAME.exec(blob.id)?.groups ?? {};
    await this.#replace(blob, sealBlob(prefix, change(Buffer.from(plain)), suffix, crypto));
  }

  async #replace(
    { id, timestampMs }: BlobMetadata,
    after: { readonly id: BlobMetadata['id']; readonly bytes: Uint8Array },
  ): Promise<void> {
    const { storage } = this.#parts;
    await storage.delete(id);
    await storage.put(after.id, [after.bytes]);
    utimesSync(fileOf(this.#path, after.id), timestampMs / 1000, timestampMs / 1000);
  }

  /** Only the times change, so that an index stays as its writer has laid it out. */
  #ageIndex(plain: Buffer): Uint8Array {
    if (plain[0] !== 2) throw new Error(`an index of version ${plain[0]}`);
    const keyLength = plain.readUInt8(1);
    const stride = keyLength + plain.readUInt16BE(2);
    const end = ENTRIES_OFFSET + plain.readUInt32BE(4) * stride;
    for (let at = ENTRIES_OFFSET + keyLength; at < end; at += stride)
      plain.writeUInt32BE(plain.readUInt32BE(at) - this.#seconds, at);
    return plain;
  }

  #ageText(json: Buffer): Uint8Array {
    return Buffer.from(json.toString().replace(TIME, (time) => formatTimeNs(this.#age(parseTimeNs(time)))));
  }

  #ageSchedule(schedule: MaintenanceSchedule): MaintenanceSchedule {
    const { nextFullNs, nextQuickNs, runs } = schedule;
    const aged = Object.entries(runs).map(([task, list]) => [
      task,
      list.map((run) => ({ ...run, startNs: this.#age(run.startNs), endNs: this.#age(run.endNs) })),
    ]);
    return {
      ...schedule,
      nextFullNs: nextFullNs && this.#age(nextFullNs),
      nextQuickNs: nextQuickNs && this.#age(nextQuickNs),
      runs: Object.fromEntries(aged),
    };
  }

  #age(ns: bigint): bigint {
    return ns - BigInt(this.#seconds) * 1_000_000_000n;
  }
}

/** `xn3_<hash>-<session>-c1`, `s<hash>-<session>`. */
const SEALED_NAME = /^(?<prefix>x[nrs][\d_]+_|s)[0-9a-f]{32}(?:-(?<suffix>.*))?$/;
const TIME = /(?<=")\d{4}-\d\d-\d\dT[^"]+(?=")/g;
/** Bytes before the first entry of an index of version 2. */
const ENTRIES_OFFSET = 17;

/** As kopia lays out a new repository: directories of one and three letters, except for short names. */
function fileOf(root: string, id: string): string {
  if (id.length <= 20) return join(root, `${id}.f`);
  return join(root, id.slice(0, 1), id.slice(1, 4), `${id.slice(4)}.f`);
}
