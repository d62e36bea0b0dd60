export { type Budget, defaultBudgetBytes, defaultWorkers } from './budget.ts';
export { type BlobId, type BlobMetadata, type BlobReader, type BlobStorage } from './blob/storage.ts';
export { parseBlobId } from './blob/blob-id.ts';
export { openStorage } from './blob/drivers.ts';
export { createFileSystemStorage } from './blob/filesystem.ts';
export { createMemoryStorage } from './blob/memory.ts';
export { asLocalFiles } from './blob/powers.ts';
export { type Clock, systemClock } from './clock.ts';
export { decompress } from './compression/registry.ts';
export {
  type Caching,
  type Connection,
  readConnectionFile,
  writeConnectionFile,
} from './connection/connection-file.ts';
export { deletePasswordFile, readPasswordFile, writePasswordFile } from './connection/password-file.ts';
export { cacheName, type Environment, type UserPaths, userPaths } from './connection/paths.ts';
export { type ContentCrypto, type ContentFormat, createContentCrypto } from './content/content-format.ts';
export {
  type ContentId,
  contentIdFromKey,
  contentKey,
  type ContentPrefix,
  parseContentId,
} from './content/content-id.ts';
export { type ContentWriter, type WriterMemory } from './content/content-writer.ts';
export { decodeContent } from './content/decoder.ts';
export { ContentEncoder } from './content/encoder.ts';
export { type Handoff } from './content/handoff.ts';
export { IndexFiles } from './content/index-files.ts';
export { KnownContents } from './content/known-contents.ts';
export { LocalPacks, readLocalContent } from './content/local-packs.ts';
export { SegmentPool } from './content/segments.ts';
export { type Writer } from './content/session.ts';
export {
  type ErrorDetail,
  invariant,
  InvariantError,
  RepositoryError,
  type RepositoryErrorCode,
  repositoryErrorCode,
} from './errors.ts';
export { type NewFormat } from './format/create-format.ts';
export { HOLDFAST_DEFAULTS, KOPIA_DEFAULTS } from './format/defaults.ts';
export { type GoJson, type GoJsonObject } from './format/go-json.ts';
export { type IndexEntry } from './index/entry.ts';
export { type Labels } from './manifest/codec.ts';
export { type ManifestId, parseManifestId } from './manifest/manifest-id.ts';
export { type ManifestMetadata, type ManifestStore } from './manifest/store.ts';
export { type IndirectEntry } from './object/indirect.ts';
export { directObjectId, type ObjectId, objectPrefix, parseObjectId } from './object/object-id.ts';
export {
  type ContentSource,
  type ObjectPart,
  objectParts,
  readObject,
  readWholeObject,
} from './object/object-reader.ts';
export { type ContentSink, ObjectWriter, storeParts } from './object/object-writer.ts';
export {
  createRepository,
  type CreateRepositoryOptions,
  type InitialManifest,
  type OpenRepositoryOptions,
  Repository,
  type RepositoryWriter,
} from './repository.ts';
export { SPLITTER_SCRATCH_BYTES } from './splitter/kernel.ts';
export { createSplitter } from './splitter/registry.ts';
export { type Splitter } from './splitter/splitter.ts';
export { workerOptions, workerUrl } from './worker-entry.ts';
