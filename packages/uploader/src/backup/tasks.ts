import type { NamesSlice, RemainingNames } from './remaining-names.ts';
import type { ContentPrefix } from '@holdfast/repository/worker';

import type { Rehash } from './rehash.ts';
import type { IgnoreScope } from '../ignore/scope.ts';
import type { Policy } from '../policy/policy.ts';
import type { Attributes } from '../snapshot/attributes.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import type { Hole } from '../snapshot/extra.ts';
import type { ByteName } from '../snapshot/names.ts';
import type { DirectoryExtra } from '../snapshot/specials.ts';
import type { DirectorySummary, FailedEntry } from '../snapshot/summary.ts';
import type { DirectoryTotals } from '../snapshot/totals.ts';
import type { ThreadError } from '../threads/protocol.ts';

/** Work of a backup, for a worker thread. Plain data throughout; paths and names are byte strings. */
export type BackupTask = DirectoryTask | SiblingsTask | FilesTask | ChunkTask | ContentTask;

export type BackupReply = DirectoryReply | SiblingsReply | FilesReply | ChunkReply | ContentReply;

/** Where a directory is and how to treat what is in it. */
export interface DirectoryPlace {
  /** Absolute path. */
  readonly path: string;
  /** Path below the snapshot's root, '' for the root, without leading slash. */
  readonly relativePath: string;
  /** What holds for the directory's entries. */
  readonly policy: Policy;
  readonly rehash: Rehash;
}

/** List a directory and upload its files, unless they are many, and what is below it, as far as a task goes. */
export interface DirectoryTask extends DirectoryPlace {
  readonly kind: 'directory';
  readonly attributes: Attributes;
  /** What is left out of the directory, apart from what its own ignore files say. */
  readonly scope: IgnoreScope;
  /** The same directory in previous snapshots, the one to prefer first. */
  readonly previous: readonly string[];
  /** Whether the same policy holds for everything below. */
  readonly isUniform: boolean;
}

export interface DirectoryReply {
  readonly kind: 'directory';
  /** The directory object, when the worker could finish it; nothing else matters then but `failed`, `changed` and
   *  `records`. */
  readonly finished: FinishedDirectory | undefined;
  readonly directories: readonly FoundDirectory[];
  /** What is left out of the directory, its own ignore files included. */
  readonly scope: IgnoreScope;
  readonly pieces: readonly Piece[];
  readonly totals: DirectoryTotals;
  /** Everything that could not be saved, ignored or not; of a finished directory with all below it. */
  readonly failed: readonly FailedEntry[];
  /** Files that were written to while they were read; of a finished directory with all below it. */
  readonly changed: readonly string[];
  /** What to remember for the next backup (`stat-cache/`), records in a row; of a finished directory with all below it. */
  readonly records: Uint8Array;
  /** Names of entries that are no directories and were not looked at yet, in order; taken out one after the other. */
  readonly remaining: RemainingNames;
  readonly extra: DirectoryExtra | undefined;
}

/** Do the same with some directories of one parent, as far as a task goes. */
export interface SiblingsTask {
  readonly kind: 'siblings';
  /** The directory they are in, with what is left out of it. */
  readonly parent: DirectoryTask;
  readonly found: readonly FoundDirectory[];
}

export interface SiblingsReply {
  readonly kind: 'siblings';
  /** One for each directory, undefined where the task did not come to it or it can't be listed. */
  readonly replies: readonly (DirectoryReply | undefined)[];
}

/** A directory that is stored. */
export interface FinishedDirectory {
  readonly objectId: string;
  readonly summary: DirectorySummary;
}

/** A subdirectory that is to be saved. */
export interface FoundDirectory {
  readonly name: ByteName;
  readonly visibleName: ByteName;
  readonly attributes: Attributes;
  readonly extra: DirectoryEntry['extra'];
  readonly previous: readonly string[];
  /** What was done of it already. */
  readonly reply: DirectoryReply | undefined;
  /** Why it can't be saved, when that was found already: where its parent is put together its own policy is known, which
   *  says how it counts. */
  readonly error?: ThreadError;
}

/** Upload these entries of a directory, none of which is a directory. */
export interface FilesTask extends DirectoryPlace {
  readonly kind: 'files';
  readonly names: readonly ByteName[];
  readonly visibleNames: ReadonlyMap<ByteName, ByteName>;
  /** Entries of the same names in previous snapshots. */
  readonly previous: readonly DirectoryEntry[];
}

export interface FilesReply {
  readonly kind: 'files';
  readonly pieces: readonly Piece[];
  readonly totals: DirectoryTotals;
  readonly failed: readonly FailedEntry[];
  readonly changed: readonly string[];
  readonly extra: DirectoryExtra | undefined;
}

/** A stretch of a directory's non-directories, in order of names. */
export type Piece =
  /** Encoded entries, comma-separated. */
  | { readonly kind: 'entries'; readonly json: Uint8Array<ArrayBuffer> }
  /** Changed files that were too much for one task. */
  | ({ readonly kind: 'deferred' } & NamesSlice)
  /** A changed file that several workers should share. */
  | { readonly kind: 'large'; readonly file: LargeFile };

export interface LargeFile {
  readonly name: ByteName;
  readonly visibleName: ByteName;
  readonly attributes: Attributes;
  readonly identity: FileIdentity;
  readonly extra: DirectoryEntry['extra'];
}

/** Tells whether a path still leads to the same unchanged file. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: bigint;
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** Upload the chunk of a large file that starts at `offset`. */
export interface ChunkTask {
  readonly kind: 'chunk';
  readonly directory: string;
  readonly name: ByteName;
  readonly identity: FileIdentity;
  readonly offset: number;
  /** Where the part ends that this chunk belongs to: cuts start anew there. */
  readonly limit: number;
  readonly compressor: string;
  /** '' for the repository's own. */
  readonly splitter: string;
  /** Ranges near `offset` that need not be read. */
  readonly holes: readonly Hole[];
}

export interface ChunkReply {
  readonly kind: 'chunk';
  readonly contentId: string;
  readonly length: number;
  readonly changed: boolean;
}

/** Store these bytes as one content. */
export interface ContentTask {
  readonly kind: 'content';
  readonly prefix: ContentPrefix;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly compressor: string;
}

export interface ContentReply {
  readonly kind: 'content';
  readonly contentId: string;
}
