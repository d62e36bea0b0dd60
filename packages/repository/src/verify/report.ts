import { NOTHING, type Tally, tallied } from '../maintenance/parts.ts';

/** An index blob that can't be read. */
export interface DamagedIndex {
  readonly blob: string;
  readonly error: string;
}

/** A pack that is not there, or is shorter than contents need it to be. */
export interface DamagedPack {
  readonly pack: string;
  /** Bytes in storage; -1 when it is not there. */
  readonly length: number;
}

/** A pack that nothing refers to although it holds contents that no index knows: an index was lost. */
export interface UnindexedPack {
  readonly pack: string;
  readonly contents: number;
}

/** A content that is there, but not what its name says. */
export interface DamagedContent {
  readonly content: string;
  readonly pack: string;
  readonly offset: number;
  readonly error: string;
}

/** A list of which only the beginning is kept. */
export interface Findings<T> {
  readonly count: number;
  /** The first thousand. */
  readonly first: readonly T[];
}

/** What a verification found. */
export interface VerifyReport {
  /** Index entries looked at. */
  readonly contents: number;
  /** Packs in storage. */
  readonly packs: Tally;
  /** Packs that no index refers to: new ones of a running backup, or garbage. Not damage. */
  readonly unreferencedPacks: Tally;
  /** Those of them that are older than a day, belong to no session and hold contents that no index knows. Damage where
   *  there are epochs; without them contents that were deleted on purpose look the same. */
  readonly unindexedPacks: Findings<UnindexedPack>;
  /** Contents that were read, decrypted, decompressed and hashed, as stored. */
  readonly read: Tally;
  /** The shares of the repository that were read, when it is read in shares. */
  readonly sample: { readonly days: number; readonly shares: readonly number[] } | undefined;
  readonly damagedIndexes: readonly DamagedIndex[];
  readonly missingPacks: Findings<DamagedPack>;
  readonly contentsInMissingPacks: number;
  readonly truncatedPacks: Findings<DamagedPack>;
  readonly contentsBeyondPacks: number;
  readonly damagedContents: Findings<DamagedContent>;
  /** Contents and index blobs that are missing or damaged, and unindexed packs; 0 when all is well. */
  readonly errorCount: number;
}

/** How far a verification has come. */
export interface VerifyProgress {
  readonly contents: number;
  readonly read: Tally;
  readonly errorCount: number;
}

const MOST_KEPT = 1000;

class FindingList<T> implements Findings<T> {
  count = 0;
  readonly first: T[] = [];

  add(finding: T): void {
    this.count++;
    if (this.first.length < MOST_KEPT) this.first.push(finding);
  }
}

/** A report that grows. */
export class VerifyFindings implements VerifyReport {
  contents = 0;
  packs: Tally = NOTHING;
  unreferencedPacks: Tally = NOTHING;
  readonly unindexedPacks: FindingList<UnindexedPack> = new FindingList();
  read: Tally = NOTHING;
  sample: VerifyReport['sample'];
  readonly damagedIndexes: readonly DamagedIndex[];
  readonly missingPacks: FindingList<DamagedPack> = new FindingList();
  contentsInMissingPacks = 0;
  readonly truncatedPacks: FindingList<DamagedPack> = new FindingList();
  contentsBeyondPacks = 0;
  readonly damagedContents: FindingList<DamagedContent> = new FindingList();

  readonly #hasEpochs: boolean;

  constructor(damagedIndexes: readonly DamagedIndex[], { hasEpochs }: { readonly hasEpochs: boolean }) {
    this.damagedIndexes = damagedIndexes;
    this.#hasEpochs = hasEpochs;
  }

  get errorCount(): number {
    const { damagedIndexes, contentsInMissingPacks, contentsBeyondPacks, damagedContents } = this;
    const lost = this.#hasEpochs ? this.unindexedPacks.count : 0;
    return (
      damagedIndexes.length + contentsInMissingPacks + contentsBeyondPacks + damagedContents.count + lost
    );
  }

  addPack(bytes: number): void {
    this.packs = tallied(this.packs, bytes);
  }

  addRead(bytes: number): void {
    this.read = tallied(this.read, bytes);
  }
}
