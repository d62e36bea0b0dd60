export { UploaderError, type UploaderErrorCode, uploaderErrorCode } from './errors.ts';
export type { UploadProgress } from './backup/progress.ts';
export {
  maintenanceInfo,
  type MaintenanceOptions,
  planMaintenance,
  runDueMaintenance,
  runMaintenance,
  setMaintenance,
} from './maintenance/maintain.ts';
export type { DiffNode } from './diff/diff-node.ts';
export { DiffCounter, type DiffCounts, type DiffStats } from './diff/diff-stats.ts';
export { DIFF_ATTRIBUTES, type DiffAttribute, type DiffChange, diffTrees } from './diff/diff-trees.ts';
export { applySnapshotFixes, type FixMode, fixSnapshots, type SnapshotFix } from './fix/fix-snapshots.ts';
export type { FixRequest, FixSelection, InvalidHandling } from './fix/fix-rules.ts';
export { decodePolicy, encodePolicy } from './policy/codec.ts';
export {
  editPolicyList,
  type ListChange,
  setCron,
  setManual,
  setPolicyText,
  setSnapshotInterval,
  setTimesOfDay,
  validatePolicy,
} from './policy/edit.ts';
export {
  type EffectivePolicy,
  effectivePolicy,
  type PolicyOrigin,
  type TargetedPolicy,
} from './policy/effective.ts';
export { policyValue, type PolicyValue, withPolicyValue } from './policy/fields.ts';
export {
  type ActionCommand,
  DEFAULT_POLICY,
  EMPTY_POLICY,
  type Policy,
  type TimeOfDay,
} from './policy/policy.ts';
export { POLICY_FIELDS } from './policy/schema.ts';
export { POLICY_TYPE, policyLabels, policyTarget } from './policy/target.ts';
export { DEFAULT_RESTORE_OPTIONS, type RestoreOptions } from './restore/options.ts';
export { PLACEHOLDER_SUFFIX, readPlaceholder } from './restore/placeholder.ts';
export type { RestoreResult } from './restore/restore-tree.ts';
export type { AttributeReport } from './restore/tasks.ts';
export { readEntries } from './restore/tree-reader.ts';
export { type DirectoryEntry, encodeEntry, type EntryType } from './snapshot/entry.ts';
export { encodeSnapshot, type SnapshotManifest } from './snapshot/manifest.ts';
export { type ByteName, compareText, textOfByteName } from './snapshot/names.ts';
export { planRetention, type RetainedSnapshot } from './snapshot/retention.ts';
export {
  formatSource,
  GLOBAL_SOURCE,
  isSameSource,
  parseSource,
  type SnapshotSource,
} from './snapshot/source.ts';
export type { DirectorySummary, FailedEntry } from './snapshot/summary.ts';
export { changePins, type PinChanges } from './snapshots/change-pins.ts';
export { localSide, storedSide } from './snapshots/diff.ts';
export { type Estimate, type EstimateRequest, estimateTree } from './snapshots/estimate.ts';
export { applyExpiration, planExpiration, type SourceExpiration } from './snapshots/expire.ts';
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
export { StorageAccount, type StorageStats, type StorageUsage } from './snapshots/storage-stats.ts';
export type { UploadOptions, UploadResult } from './snapshots/upload-options.ts';
export { uploadSnapshot } from './snapshots/upload-snapshot.ts';
export {
  type NamedEntry,
  verifySnapshots,
  type VerifyRequest,
  type VerifyResult,
} from './snapshots/verify-snapshots.ts';
export type { CounterValues } from './threads/counters.ts';
