import type { EntryFields } from '../index/header.ts';
import { readUint32, writeUint32 } from '../index/wire.ts';
import type { Tally } from './parts.ts';
import { type RecordCursor, RecordSorter } from './sorted-records.ts';

/** A content that is to be written again. */
export interface Relocation {
  readonly key: Uint8Array;
  readonly packBlobId: string;
  readonly packOffset: number;
  readonly packedLength: number;
  readonly originalLength: number;
  readonly timestampSeconds: number;
  readonly compressionHeaderId: number;
  /** Whether it is to count as deleted afterwards. */
  readonly deleted: boolean;
}

/* Record: u32 pack number, u32 offset, u32 packed with the deleted flag on top, u32 original, u32 timestamp,
 * u32 compression, key. */
const KEY_AT = 24;
const DELETED = 0x8000_0000;

/** Contents to be written again, as many as there may be: sorted on disk by pack and place, so that neighbours are fetched
 *  together. */
export class Relocations implements Disposable {
  readonly #directory: string;
  readonly #name: string;
  readonly #packs = new Map<string, number>();
  readonly #packNames: string[] = [];
  #sorter: RecordSorter | undefined;
  #record: Uint8Array = new Uint8Array(0);
  #count = 0;
  #bytes = 0;

  constructor(directory: string, name: string) {
    this.#directory = directory;
    this.#name = name;
  }

  /** Contents, and the bytes they take as stored. */
  get tally(): Tally {
    return { count: this.#count, bytes: this.#bytes };
  }

  /** Packs they lie in. */
  get packCount(): number {
    return this.#packNames.length;
  }

  /** Adds a content; `fields.deleted` is what it is to be afterwards. */
  add(key: Uint8Array, fields: EntryFields): void {
    const sorter = this.#sorterFor(key.length);
    const record = this.#record;
    writeUint32(record, 0, this.#packNumber(fields.packBlobId));
    writeUint32(record, 4, fields.packOffset);
    writeUint32(record, 8, fields.packedLength + (fields.deleted ? DELETED : 0));
    writeUint32(record, 12, fields.originalLength);
    writeUint32(record, 16, fields.timestampSeconds);
    writeUint32(record, 20, fields.compressionHeaderId);
    record.set(key, KEY_AT);
    sorter.add(record);
    this.#count++;
    this.#bytes += fields.packedLength;
  }

  /** All of them, pack by pack, in the order of their offsets. */
  *sorted(): Generator<Relocation> {
    const cursor = this.#sorter?.sorted();
    if (cursor === undefined) return;
    try {
      while (cursor.advance()) yield this.#decode(cursor);
    } finally {
      cursor.close();
    }
  }

  [Symbol.dispose](): void {
    this.#sorter?.close();
  }

  #sorterFor(keyLength: number): RecordSorter {
    if (this.#sorter !== undefined) return this.#sorter;
    const recordBytes = KEY_AT + keyLength;
    this.#record = new Uint8Array(recordBytes);
    const memoryBytes = 8 << 20;
    this.#sorter = new RecordSorter({
      directory: this.#directory,
      name: this.#name,
      recordBytes,
      memoryBytes,
    });
    return this.#sorter;
  }

  #packNumber(name: string): number {
    let number = this.#packs.get(name);
    if (number === undefined) {
      number = this.#packNames.push(name) - 1;
      this.#packs.set(name, number);
    }
    return number;
  }

  #decode({ record }: RecordCursor): Relocation {
    return {
      packBlobId: this.#packNames[readUint32(record, 0)] ?? '',
      packOffset: readUint32(record, 4),
      packedLength: readUint32(record, 8) % DELETED,
      deleted: readUint32(record, 8) >= DELETED,
      originalLength: readUint32(record, 12),
      timestampSeconds: readUint32(record, 16),
      compressionHeaderId: readUint32(record, 20),
      key: record.slice(KEY_AT),
    };
  }
}
