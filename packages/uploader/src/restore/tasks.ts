import type { FailedRange, FetchedRange } from '@holdfast/repository/worker';

import type { DirectoryEntry } from '../snapshot/entry.ts';
import type { Hole } from '../snapshot/extra.ts';
import type { SpecialFile } from '../snapshot/specials.ts';
import type { ThreadError } from '../threads/protocol.ts';
import type { FailedEntry } from '../snapshot/summary.ts';

/** Work of a restore or a verification, for a worker thread. Plain data; paths are byte strings. */
export type RestoreTask = RestoreFilesTask | RestorePartsTask | VerifyTask;

/** What was fetched for a task before it was sent off. */
export interface FetchedAhead {
  readonly memory: SharedArrayBuffer;
  readonly ranges: readonly FetchedRange[];
  readonly failures: readonly (Omit<FailedRange, 'error'> & { readonly error: ThreadError })[];
}

export type RestoreReply = RestoreFilesReply | RestorePartsReply | VerifyReply;

/** How files are written. */
export interface WriteRules {
  readonly overwriteFiles: boolean;
  readonly overwriteSymlinks: boolean;
  /** Write under another name first. */
  readonly atomic: boolean;
  readonly skipOwners: boolean;
  readonly skipPermissions: boolean;
  readonly skipTimes: boolean;
  /** Leave files alone that look like those of the snapshot. */
  readonly skipExisting: boolean;
  /** Restore holes of sparse files. */
  readonly sparse: boolean;
  /** Wait until each file is on the disk. */
  readonly flush: boolean;
  /** Refused attributes are only counted. */
  readonly ignorePermissionErrors: boolean;
}

/** Write these files, symbolic links and special files of one directory, which exists. */
export interface RestoreFilesTask {
  readonly kind: 'restoreFiles';
  readonly directory: string;
  /** The directory below the snapshot's root, for messages. */
  readonly relativePath: string;
  readonly files: readonly FileToRestore[];
  readonly specials: readonly SpecialFile[];
  readonly rules: WriteRules;
  /** Files without recorded holes had none; otherwise blocks of zeros become holes. */
  readonly holesAreRecorded: boolean;
  readonly fetched?: FetchedAhead;
}

/** A file with what it consists of. */
export interface FileToRestore {
  readonly entry: DirectoryEntry;
  /** Contents in order; empty for an empty file. */
  readonly parts: readonly FilePart[];
}

/** A stretch of a file that is one content. */
export interface FilePart {
  readonly start: number;
  /** Undefined when only the content tells. */
  readonly length: number | undefined;
  readonly contentId: string;
  readonly compressed: boolean;
}

export interface RestoreFilesReply {
  readonly kind: 'restoreFiles';
  readonly failed: readonly FailedEntry[];
  /** Attributes that could not be set, by kind, with one example each. */
  readonly problems: readonly AttributeReport[];
}

/** Attributes of one kind that were refused. */
export interface AttributeReport {
  /** `owner`, `mode`, `times`, the name of an extended attribute; `device` for a device node as a whole. */
  readonly attribute: string;
  readonly code: string;
  readonly count: number;
  readonly example: string;
}

/** Write stretches of a file that has been created with its full size. */
export interface RestorePartsTask {
  readonly kind: 'restoreParts';
  /** Absolute path of the file's directory. */
  readonly directory: string;
  readonly name: string;
  readonly parts: readonly FilePart[];
  readonly holes: HolePlan;
  readonly fetched?: FetchedAhead;
}

/** What of a file is left unwritten: nothing, blocks of zeros, or these ranges. */
export type HolePlan = 'none' | 'zeros' | readonly Hole[];

export interface RestorePartsReply {
  readonly kind: 'restoreParts';
}

/** Read these contents and check that they decode to the right length. */
export interface VerifyTask {
  readonly kind: 'verify';
  readonly files: readonly { readonly path: string; readonly parts: readonly FilePart[] }[];
  readonly fetched?: FetchedAhead;
}

export interface VerifyReply {
  readonly kind: 'verify';
  readonly failed: readonly FailedEntry[];
}
