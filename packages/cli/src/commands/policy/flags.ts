/** A flag of `policy set` that sets one field from its text; `inherit` unsets the field. */
export interface ValueFlag {
  readonly name: string;
  readonly placeholder: string;
  readonly field: string;
  readonly description: string;
}

/** Flags `--add-NAME`, `--remove-NAME` and `--clear-NAME` for one list. */
export interface ListFlag {
  readonly name: string;
  readonly placeholder: string;
  readonly field: string;
  readonly what: string;
}

const TRUE_OR_FALSE = 'true|false|inherit';

/** kopia's flags that set a number, a name or a yes or no. Source: kopia cli/command_policy_set_*.go. */
export const VALUE_FLAGS: readonly ValueFlag[] = [
  count('keep-latest', 'retention.keepLatest', 'newest snapshots to keep of each source'),
  count('keep-hourly', 'retention.keepHourly', 'hourly snapshots to keep'),
  count('keep-daily', 'retention.keepDaily', 'daily snapshots to keep'),
  count('keep-weekly', 'retention.keepWeekly', 'weekly snapshots to keep'),
  count('keep-monthly', 'retention.keepMonthly', 'monthly snapshots to keep'),
  count('keep-annual', 'retention.keepAnnual', 'annual snapshots to keep'),
  flag('ignore-identical-snapshots', 'retention.ignoreIdenticalSnapshots', "don't keep what didn't change"),
  count('max-file-size', 'files.maxFileSize', 'leave out larger files (bytes)'),
  flag('one-file-system', 'files.oneFileSystem', "don't enter other file systems"),
  flag('ignore-cache-dirs', 'files.ignoreCacheDirs', 'leave out directories marked as caches (CACHEDIR.TAG)'),
  flag('ignore-file-errors', 'errorHandling.ignoreFileErrors', "files that can't be read are no failures"),
  flag('ignore-dir-errors', 'errorHandling.ignoreDirectoryErrors', "nor are directories that can't be read"),
  flag('ignore-unknown-types', 'errorHandling.ignoreUnknownTypes', 'nor are entries of unknown kinds'),
  count('compression-min-size', 'compression.minSize', "don't compress smaller files (bytes)"),
  count('compression-max-size', 'compression.maxSize', "don't compress larger files (bytes)"),
  flag('run-missed', 'scheduling.runMissed', 'take scheduled snapshots later that were missed'),
  count('max-parallel-file-reads', 'upload.maxParallelFileReads', 'files to read at the same time'),
  count('max-parallel-snapshots', 'upload.maxParallelSnapshots', 'snapshots at the same time (kopia server)'),
  flag('reread-changed-files', 'holdfast.rereadChangedFiles', 'read a file once more that changed meanwhile'),
  count('log-dir-snapshotted', 'logging.directories.snapshotted', 'detail of saved directories, 0 to 10'),
  count('log-dir-ignored', 'logging.directories.ignored', 'detail of directories left out'),
  count('log-entry-snapshotted', 'logging.entries.snapshotted', 'detail of saved entries'),
  count('log-entry-ignored', 'logging.entries.ignored', 'detail of entries left out'),
  count('log-entry-cache-hit', 'logging.entries.cacheHit', 'detail of unchanged entries'),
  count('log-entry-cache-miss', 'logging.entries.cacheMiss', 'detail of changed entries'),
];

/** kopia's flags that change a list. */
export const LIST_FLAGS: readonly ListFlag[] = [
  list('ignore', 'pattern', 'files.ignore', 'rule for what to leave out'),
  list('dot-ignore', 'name', 'files.ignoreDotFiles', 'file with such rules'),
  list('only-compress', 'extension', 'compression.onlyCompress', 'extension that is always compressed'),
  list('never-compress', 'extension', 'compression.neverCompress', 'extension that is not compressed'),
];

function count(name: string, field: string, description: string): ValueFlag {
  return { name, placeholder: 'n|inherit', field, description };
}

function flag(name: string, field: string, description: string): ValueFlag {
  return { name, placeholder: TRUE_OR_FALSE, field, description };
}

function list(name: string, placeholder: string, field: string, what: string): ListFlag {
  return { name, placeholder, field, what };
}
