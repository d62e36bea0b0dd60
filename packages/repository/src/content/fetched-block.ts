import { repositoryErrorCode } from '../errors.ts';
import type { FailedRange, FetchedContents, FetchedRange } from './fetched-contents.ts';
import type { PackPlace } from './ranges.ts';

/** Why a stretch is not there. */
export interface BlockFailure {
  readonly error: unknown;
  /** The pack ends within the stretch, so that parts of it may be readable. */
  readonly isPartial: boolean;
}

/** A stretch of a pack in memory, or on its way there. */
export class FetchedBlock implements FetchedRange {
  readonly packBlobId: string;
  readonly offset: number;
  readonly length: number;
  readonly at: number;
  /** Resolves when the bytes are there or can't be had. */
  readonly settled: Promise<void>;
  failure: BlockFailure | undefined;
  users = 0;

  /** `reading` ends up in `into`, or is copied there. */
  constructor(range: FetchedRange, reading: Promise<Uint8Array>, into: Uint8Array) {
    ({ packBlobId: this.packBlobId, offset: this.offset, length: this.length, at: this.at } = range);
    this.settled = reading.then(
      (bytes) => {
        if (bytes !== into) into.set(bytes);
      },
      (error: unknown) => {
        this.failure = { error, isPartial: repositoryErrorCode(error) === 'BLOB_RANGE_INVALID' };
      },
    );
  }

  holds({ packBlobId, packOffset, packedLength }: PackPlace): boolean {
    const isWithin = packOffset >= this.offset && packOffset + packedLength <= this.offset + this.length;
    return isWithin && packBlobId === this.packBlobId;
  }

  bytes(memory: SharedArrayBuffer): Uint8Array {
    return new Uint8Array(memory, this.at, this.length);
  }
}

/** What threads are told of blocks that have settled. */
export function contentsOf(memory: SharedArrayBuffer, blocks: Iterable<FetchedBlock>): FetchedContents {
  const ranges: FetchedRange[] = [];
  const failures: FailedRange[] = [];
  for (const { packBlobId, offset, length, at, failure } of blocks) {
    if (failure === undefined) ranges.push({ packBlobId, offset, length, at });
    else if (!failure.isPartial) failures.push({ packBlobId, offset, length, error: failure.error });
  }
  return { memory, ranges, failures };
}
