export { UploaderError, type UploaderErrorCode, uploaderErrorCode } from './errors.ts';
export { type UploadProgress } from './backup/progress.ts';
export { type TargetedPolicy } from './policy/effective.ts';
export { DEFAULT_POLICY, EMPTY_POLICY, type Policy } from './policy/policy.ts';
export { DEFAULT_RESTORE_OPTIONS, type RestoreOptions } from './restore/options.ts';
export { type RestoreResult } from './restore/restore-tree.ts';
export { type AttributeReport } from './restore/tasks.ts';
export { readEntries } from './restore/tree-reader.ts';
export { type DirectoryEntry } from './snapshot/entry.ts';
export { type SnapshotManifest } from './snapshot/manifest.ts';
export { formatSource, parseSource, type SnapshotSource } from './snapshot/source.ts';
export { type FailedEntry } from './snapshot/summary.ts';
export { findEntry } from './snapshots/find-entry.ts';
export { type RestoreRequest, restoreSnapshot } from './snapshots/restore-snapshot.ts';
export {
  deletePolicy,
  deleteSnapshots,
  listSnapshots,
  loadPolicies,
  loadSnapshot,
  savePolicy,
} from './snapshots/snapshot-store.ts';
export { type UploadOptions, type UploadResult } from './snapshots/upload-options.ts';
export { uploadSnapshot } from './snapshots/upload-snapshot.ts';
export { verifySnapshots, type VerifyRequest, type VerifyResult } from './snapshots/verify-snapshots.ts';
export { type CounterValues } from './threads/counters.ts';
