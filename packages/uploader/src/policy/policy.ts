import type { UnknownFields } from '../snapshot/unknown-fields.ts';

/** How many snapshots to keep; what is undefined comes from the parent policy. */
export interface RetentionPolicy {
  readonly keepLatest?: number;
  readonly keepHourly?: number;
  readonly keepDaily?: number;
  readonly keepWeekly?: number;
  readonly keepMonthly?: number;
  readonly keepAnnual?: number;
  readonly ignoreIdenticalSnapshots?: boolean;
}

/** Which files are left out. */
export interface FilesPolicy {
  readonly ignore?: readonly string[];
  /** Without effect in kopia, and so here; kept for its sake. */
  readonly noParentIgnore?: boolean;
  readonly ignoreDotFiles?: readonly string[];
  readonly noParentDotFiles?: boolean;
  readonly ignoreCacheDirs?: boolean;
  readonly maxFileSize?: number;
  readonly oneFileSystem?: boolean;
}

/** Which errors don't count as failures. */
export interface ErrorHandlingPolicy {
  readonly ignoreFileErrors?: boolean;
  readonly ignoreDirectoryErrors?: boolean;
  readonly ignoreUnknownTypes?: boolean;
}

/** A time of day in the local zone. */
export interface TimeOfDay {
  readonly hour: number;
  readonly min: number;
}

/** When snapshots are taken. `manual` excludes everything else. */
export interface SchedulingPolicy {
  readonly intervalSeconds?: number;
  readonly timeOfDay?: readonly TimeOfDay[];
  readonly noParentTimeOfDay?: boolean;
  readonly manual?: boolean;
  readonly cron?: readonly string[];
  readonly runMissed?: boolean;
}

/** How file contents are compressed; extensions include their dot. */
export interface CompressionPolicy {
  readonly compressorName?: string;
  readonly onlyCompress?: readonly string[];
  readonly noParentOnlyCompress?: boolean;
  readonly neverCompress?: readonly string[];
  readonly noParentNeverCompress?: boolean;
  readonly minSize?: number;
  readonly maxSize?: number;
}

export interface MetadataCompressionPolicy {
  readonly compressorName?: string;
}

export interface SplitterPolicy {
  readonly algorithm?: string;
}

/** A program with arguments, or a script, to run around a snapshot. */
export interface ActionCommand {
  readonly path?: string;
  readonly args?: readonly string[];
  readonly script?: string;
  /** Seconds. */
  readonly timeout?: number;
  readonly mode?: string;
}

/** Folder actions hold for the very folder of the policy; the others are inherited. */
export interface ActionsPolicy {
  readonly beforeFolder?: ActionCommand;
  readonly afterFolder?: ActionCommand;
  readonly beforeSnapshotRoot?: ActionCommand;
  readonly afterSnapshotRoot?: ActionCommand;
}

export interface OsSnapshotsPolicy {
  readonly volumeShadowCopy: {
    /** 0 never, 1 always, 2 when available. */
    readonly enable?: number;
  };
}

/** Detail from 0 (none) to 10. */
export interface LoggingPolicy {
  readonly directories: { readonly snapshotted?: number; readonly ignored?: number };
  readonly entries: {
    readonly snapshotted?: number;
    readonly ignored?: number;
    readonly cacheHit?: number;
    readonly cacheMiss?: number;
  };
}

export interface UploadPolicy {
  readonly maxParallelSnapshots?: number;
  readonly maxParallelFileReads?: number;
  readonly parallelUploadAboveSize?: number;
}

/** What only Holdfast knows of; kopia passes over it, and drops it when it changes the policy. */
export interface OwnPolicy {
  /** Read a file once more when it changed while it was read. */
  readonly rereadChangedFiles?: boolean;
}

/** A policy as defined at one place, or the effective one that several add up to. A field that is undefined is not set here. */
export interface Policy {
  readonly retention: RetentionPolicy;
  readonly files: FilesPolicy;
  readonly errorHandling: ErrorHandlingPolicy;
  readonly scheduling: SchedulingPolicy;
  readonly compression: CompressionPolicy;
  readonly metadataCompression: MetadataCompressionPolicy;
  readonly splitter: SplitterPolicy;
  readonly actions: ActionsPolicy;
  readonly osSnapshots: OsSnapshotsPolicy;
  readonly logging: LoggingPolicy;
  readonly upload: UploadPolicy;
  readonly holdfast: OwnPolicy;
  /** Nothing is inherited from more general policies, not even the defaults. */
  readonly noParent?: boolean;
  /** Fields that this version doesn't know, by the dotted path of their section (`''` is the top). */
  readonly unknown?: Readonly<Record<string, UnknownFields>>;
}

/** The policy that sets nothing. */
export const EMPTY_POLICY: Policy = {
  retention: {},
  files: {},
  errorHandling: {},
  scheduling: {},
  compression: {},
  metadataCompression: {},
  splitter: {},
  actions: {},
  osSnapshots: { volumeShadowCopy: {} },
  logging: { directories: {}, entries: {} },
  upload: {},
  holdfast: {},
};

/** What holds where no policy says anything. Source: kopia snapshot/policy/policy_tree.go. */
export const DEFAULT_POLICY: Policy = {
  retention: {
    keepLatest: 10,
    keepHourly: 48,
    keepDaily: 7,
    keepWeekly: 4,
    keepMonthly: 24,
    keepAnnual: 3,
    ignoreIdenticalSnapshots: false,
  },
  files: { ignoreDotFiles: ['.kopiaignore'] },
  errorHandling: { ignoreFileErrors: false, ignoreDirectoryErrors: false, ignoreUnknownTypes: true },
  scheduling: { runMissed: true },
  compression: { compressorName: 'none' },
  metadataCompression: { compressorName: 'zstd-fastest' },
  splitter: {},
  actions: {},
  osSnapshots: { volumeShadowCopy: { enable: 0 } },
  logging: {
    directories: { snapshotted: 5, ignored: 5 },
    entries: { snapshotted: 0, ignored: 5, cacheHit: 0, cacheMiss: 0 },
  },
  upload: { maxParallelSnapshots: 1, parallelUploadAboveSize: 2 ** 31 },
  holdfast: {},
};
