import type { WriteRules } from './tasks.ts';

/** How a snapshot is restored; names and defaults are those of `kopia snapshot restore`, except for `sparse`. */
export interface RestoreOptions extends WriteRules {
  /** Go into directories that exist and hold something. */
  readonly overwriteDirectories: boolean;
  /** Remove what is in a directory of the target and not in the snapshot. */
  readonly deleteExtra: boolean;
  /** Entries more than this many levels below the root become placeholders; undefined for none. */
  readonly shallowDepth?: number | undefined;
  /** Smaller files are restored even there. */
  readonly shallowMinSize: number;
}

/** Defaults: everything may be overwritten, all attributes are restored, holes stay holes. */
export const DEFAULT_RESTORE_OPTIONS: RestoreOptions = {
  overwriteDirectories: true,
  deleteExtra: false,
  shallowMinSize: 0,
  overwriteFiles: true,
  overwriteSymlinks: true,
  atomic: false,
  skipOwners: false,
  skipPermissions: false,
  skipTimes: false,
  skipExisting: false,
  sparse: true,
  flush: false,
  ignorePermissionErrors: true,
};
