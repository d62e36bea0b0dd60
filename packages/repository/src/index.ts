export { type Budget, defaultBudgetBytes, defaultWorkers } from './budget.ts';
export type { BlobId, BlobMetadata, BlobReader, BlobStorage } from './blob/storage.ts';
export { parseBlobId } from './blob/blob-id.ts';
export { openStorage } from './blob/drivers.ts';
export { processEnvironment, type StorageEnvironment } from './blob/environment.ts';
export { createFileSystemStorage } from './blob/filesystem.ts';
export { createMemoryStorage } from './blob/memory.ts';
export {
  type CacheCounts,
  type OperationCounts,
  type StorageCounts,
  StorageMeter,
  type StorageOperation,
} from './blob/metrics.ts';
export { type Occupancy, occupancyOf } from './blob/occupancy.ts';
export { asForeignFinder, asLocalFiles } from './blob/powers.ts';
export type { StorageRequest, StorageRequestEnd, StorageTracer } from './blob/request-watch.ts';
export {
  createThrottle,
  LIMIT_NAMES,
  type Throttle,
  type ThrottlingLimits,
  withThrottle,
} from './blob/throttle.ts';
export type { ConcurrencyTest } from './blob/validate-concurrency.ts';
export {
  type ProviderCheck,
  type ProviderLack,
  validateProvider,
  type ValidationOptions,
} from './blob/validate-provider.ts';
export type { ContentCache } from './cache/content-cache.ts';
export { pruneCache, type PruneResult } from './cache/prune.ts';
export { type CacheLimits, type CacheSettings, cacheSettings } from './cache/settings.ts';
export type { StoredCache, StoredPlace } from './cache/stored-cache.ts';
export type { SweepResult } from './cache/sweep.ts';
export { syncMetadata, type SyncOptions, type SyncResult } from './cache/sync-metadata.ts';
export { type Clock, systemClock } from './clock.ts';
export { decompress } from './compression/registry.ts';
export {
  type Caching,
  type Connection,
  connectionLimits,
  connectionThrottle,
  readConnectionFile,
  writeConnectionFile,
} from './connection/connection-file.ts';
export {
  decodeConnectionToken,
  encodeConnectionToken,
  type TokenContent,
} from './connection/connection-token.ts';
export { formatKeyFile } from './connection/key-file.ts';
export {
  deletePasswordFile,
  passwordFilePath,
  readPasswordFile,
  writePasswordFile,
} from './connection/password-file.ts';
export { cacheName, type Environment, type UserPaths, userPaths } from './connection/paths.ts';
export type { StorageLocation } from './connection/storage-location.ts';
export { type ContentCrypto, type ContentFormat, createContentCrypto } from './content/content-format.ts';
export {
  type ContentId,
  contentIdFromKey,
  contentKey,
  type ContentPrefix,
  parseContentId,
} from './content/content-id.ts';
export type { ContentWriter, WriterMemory } from './content/content-writer.ts';
export { hashContent } from './content/hash-content.ts';
export { decodeContent } from './content/decoder.ts';
export { ContentEncoder } from './content/encoder.ts';
export type { Handoff } from './content/handoff.ts';
export { IndexFiles } from './content/index-files.ts';
export { KnownContents } from './content/known-contents.ts';
export type { FailedRange, FetchedContents, FetchedRange } from './content/fetched-contents.ts';
export { loadAhead } from './content/load-ahead.ts';
export { type FetchOptions, type HeldContents, PackFetcher } from './content/pack-fetcher.ts';
export { RangeCache } from './content/range-cache.ts';
export { type RangeReader, storageRanges } from './content/range-reader.ts';
export type { PackPlace } from './content/ranges.ts';
export { SegmentPool } from './content/segments.ts';
export type { Writer } from './content/session.ts';
export {
  type ErrorDetail,
  invariant,
  InvariantError,
  RepositoryError,
  type RepositoryErrorCode,
  repositoryErrorCode,
} from './errors.ts';
export { algorithmNames, compressionName } from './format/algorithms.ts';
export type { FormatKeyMemory } from './format/keys.ts';
export { changePassword, type PasswordChange } from './format/change-password.ts';
export type { NewFormat } from './format/create-format.ts';
export { type FormatDefaults, HOLDFAST_DEFAULTS, KOPIA_DEFAULTS } from './format/defaults.ts';
export { encodeEpochParameters } from './format/epoch-parameters.ts';
export { decodeFormatBlob, type FormatBlob } from './format/format-blob.ts';
export {
  formatTimeNs,
  type GoJson,
  type GoJsonObject,
  parseGoJson,
  parseTimeNs,
  stringifyGo,
} from './format/go-json.ts';
export {
  keepFormatKey,
  type OpenedFormat,
  readFormatBlob,
  type UnlockedFormat,
} from './format/open-format.ts';
export type { EpochChanges, MutableFormat, ParameterChanges } from './format/set-parameters.ts';
export type { UpgradeTiming } from './format/upgrade-lock.ts';
export type { MaintenanceRun, MaintenanceSchedule } from './format/maintenance-blob.ts';
export type { IndexEntry } from './index/entry.ts';
export { type Breaker, DEFAULT_BREAKER } from './maintenance/breaker.ts';
export { dueMaintenance } from './maintenance/due.ts';
export type { ContentMarker, MarkTarget } from './maintenance/marks.ts';
export type { Cycle, LogRetention, MaintenanceParameters } from './maintenance/parameters.ts';
export { rewriteContents, runMaintenance } from './maintenance/on-demand.ts';
export type { MaintenanceParts } from './maintenance/parts.ts';
export type { ContentRewrite } from './maintenance/rewrite-contents.ts';
export type { MaintenanceEvent, MaintenanceReport, StorageUse } from './maintenance/report.ts';
export type { MaintenanceRunOptions } from './maintenance/run.ts';
export type { SafetyLevel } from './maintenance/safety.ts';
export {
  type CycleChanges,
  type MaintenanceChanges,
  type MaintenanceInfo,
  maintenanceInfo,
  setMaintenance,
} from './maintenance/settings.ts';
export type { RunStats, StepReport } from './maintenance/step.ts';
export type { MaintenanceMode, MaintenanceTask } from './maintenance/tasks.ts';
export type { Labels } from './manifest/codec.ts';
export { type ManifestId, parseManifestId } from './manifest/manifest-id.ts';
export type { ManifestMetadata, ManifestStore } from './manifest/store.ts';
export type { IndirectEntry } from './object/indirect.ts';
export { directObjectId, type ObjectId, objectPrefix, parseObjectId } from './object/object-id.ts';
export {
  type ContentSource,
  type ObjectPart,
  objectLength,
  objectParts,
  readObject,
  readWholeObject,
} from './object/object-reader.ts';
export { type ContentSink, ObjectWriter, PartsWriter } from './object/object-writer.ts';
export {
  applyFormatRecovery,
  type FormatRecoveryOptions,
  type FormatRecoveryPlan,
  hasFormatBlob,
  planFormatRecovery,
} from './recover/recover-format.ts';
export {
  applyIndexRecovery,
  type IndexRecoveryOptions,
  type IndexRecoveryPlan,
  planIndexRecovery,
} from './recover/recover-index.ts';
export {
  createRepository,
  type CreateRepositoryOptions,
  type InitialManifest,
  type OpenRepositoryOptions,
  Repository,
  type RepositoryWriter,
} from './repository.ts';
export { openSealedBlob, type SealingCrypto } from './sealed/sealed-blob.ts';
export { SPLITTER_SCRATCH_BYTES } from './splitter/kernel.ts';
export { createSplitter } from './splitter/registry.ts';
export type { Splitter } from './splitter/splitter.ts';
export { PackTable } from './verify/pack-table.ts';
export type {
  DamagedContent,
  DamagedIndex,
  DamagedPack,
  Findings,
  VerifyProgress,
  VerifyReport,
} from './verify/report.ts';
export { type ContentsToRead, verifyRepository, type VerifyOptions } from './verify/verify-repository.ts';
export { setRepositoryParameters } from './upgrade/set-repository-parameters.ts';
export { rollbackUpgrade, type UpgradeOptions, upgradeRepository } from './upgrade/upgrade-repository.ts';
export { workerOptions, workerUrl } from './worker-entry.ts';
