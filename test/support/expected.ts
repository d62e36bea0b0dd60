/** The parts of a fixture's `expected.json` and `contents.json` that tests rely on. */
export interface ExpectedRepository {
  readonly fixture: string;
  readonly description: string;
  readonly layout: string;
  readonly prefix?: string;
  readonly packed?: string;
  readonly password: string;
  readonly format: ExpectedFormat;
  readonly counts: Readonly<Record<'blobs' | 'contents' | 'manifests' | 'snapshots', number>>;
  readonly activeIndexBlobs?: readonly string[];
  /** Absent where it is damaged. */
  readonly blobs?: readonly ExpectedBlob[];
  readonly manifests: readonly ExpectedManifest[];
  readonly snapshots: readonly ExpectedSnapshot[];
  /** Present where the repository must not open. */
  readonly openFails?: { readonly stage: string; readonly error: readonly string[] };
  /** Present where it is damaged but opens. */
  readonly readability?: ExpectedReadability;
  readonly damage?: readonly ExpectedDamage[];
}

export interface ExpectedFormat {
  readonly hash: string;
  readonly encryption: string;
  readonly ecc: string;
  readonly eccOverheadPercent: number;
  readonly splitter: string;
  /** Hexadecimal. */
  readonly uniqueID: string;
  readonly mutable: {
    readonly version: number;
    readonly maxPackSize: number;
    readonly indexVersion: number;
    readonly epochParameters: Readonly<Record<string, number | boolean>>;
  };
}

export interface ExpectedBlob {
  readonly name: string;
  readonly length: number;
  readonly mtime: string;
}

export interface ExpectedManifest {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly length: number;
  readonly modTime: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface ExpectedSnapshot {
  readonly id: string;
  readonly source: { readonly host: string; readonly userName: string; readonly path: string };
  readonly description: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly tags: Readonly<Record<string, string>> | null;
  readonly pins: readonly string[] | null;
  readonly stats: Readonly<Record<string, number>>;
  readonly rootObject: string;
  readonly incomplete?: string;
  readonly entries: readonly ExpectedEntry[];
}

/** One line of the depth-first listing of a snapshot; the first has path `.`. */
export interface ExpectedEntry {
  readonly path: string;
  readonly type: 'file' | 'dir' | 'symlink';
  /** Unix permission bits, octal. */
  readonly mode: string;
  readonly storedMode: string | null;
  readonly uid: number;
  readonly gid: number;
  /** RFC 3339 with nanoseconds. */
  readonly mtime: string;
  readonly mtimeOmitted?: boolean;
  readonly size?: number;
  readonly object: string;
  readonly sha256?: string;
  readonly target?: string;
  readonly chunks?: readonly { readonly start: number; readonly length: number; readonly object: string }[];
  /** Why the entry cannot be read, in a damaged repository. */
  readonly error?: string;
}

export interface ExpectedReadability {
  readonly entriesReadable: number;
  readonly entriesFailing: number;
  /** Pairs of snapshot id and path. */
  readonly failing: readonly (readonly [string, string])[];
  readonly snapshotsMissing: readonly string[];
  /** Paths by snapshot id. */
  readonly entriesUnreachable: Readonly<Record<string, readonly string[]>>;
}

export interface ExpectedDamage {
  readonly blob: string;
  readonly kind: string;
  readonly offset?: number;
  readonly length?: number;
  readonly content?: string;
}

/** One entry of the merged content index. */
export interface ExpectedContent {
  readonly id: string;
  readonly pack: string;
  readonly offset: number;
  readonly packedLength: number;
  readonly originalLength: number;
  /** Seconds since the Unix epoch. */
  readonly time: number;
  /** Compression header number in hexadecimal; absent means none. */
  readonly compression?: string;
  readonly deleted?: boolean;
}
