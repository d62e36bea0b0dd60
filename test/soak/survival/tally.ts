import type { Survivor } from './client.ts';

/** A count for each tool. */
export type ByTool = Record<Survivor, number>;

/** What has happened so far. */
export interface Tally {
  readonly snapshots: ByTool;
  readonly deletes: ByTool;
  readonly expirations: ByTool;
  readonly fullMaintenance: ByTool;
  readonly quickMaintenance: ByTool;
  readonly epochsBegun: ByTool;
  readonly packsDeleted: ByTool;
  readonly indexesDeleted: ByTool;
  readonly killedWriters: ByTool;
  readonly killedMaintenance: ByTool;
  readonly verifications: ByTool;
  readonly restores: ByTool;
  /** At the end. */
  snapshotsLeft: number;
  /** Snapshots that had been deleted and are back; see `checks.ts`. */
  reappeared: number;
  /** Everything that was wrong, empty when nothing was. */
  readonly problems: string[];
}

/** Nothing has happened yet. */
export function emptyTally(): Tally {
  return {
    snapshots: none(),
    deletes: none(),
    expirations: none(),
    fullMaintenance: none(),
    quickMaintenance: none(),
    epochsBegun: none(),
    packsDeleted: none(),
    indexesDeleted: none(),
    killedWriters: none(),
    killedMaintenance: none(),
    verifications: none(),
    restores: none(),
    snapshotsLeft: 0,
    reappeared: 0,
    problems: [],
  };
}

function none(): ByTool {
  return { holdfast: 0, kopia: 0 };
}
