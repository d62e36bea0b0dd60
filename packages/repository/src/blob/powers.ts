import type {
  BlobId,
  BlobReader,
  BlobStorage,
  CallOptions,
  ForeignFinder,
  LocalBlobFiles,
  RetentionExtender,
  VersionEraser,
} from './storage.ts';

/** `storage` as local files, or undefined when it isn't. */
export function asLocalFiles(storage: BlobReader): LocalBlobFiles | undefined {
  return hasLocalFiles(storage) ? storage : undefined;
}

/** `storage` as one whose object lock can be extended, or undefined when it can't. */
export function asRetentionExtender(storage: BlobReader): RetentionExtender | undefined {
  return hasRetention(storage) ? storage : undefined;
}

/** `storage` as one that sees what isn't a blob, or undefined when it doesn't. */
export function asForeignFinder(storage: BlobReader): ForeignFinder | undefined {
  return findsForeign(storage) ? storage : undefined;
}

/** What a wrapper spreads into itself to see what isn't a blob when `inner` does; `around` is what it does to a call. */
export function foreignOf(
  inner: BlobReader,
  around: <T>(run: () => Promise<T>, options: CallOptions | undefined) => Promise<T>,
): Partial<ForeignFinder> {
  const finder = asForeignFinder(inner);
  if (finder === undefined) return {};
  return { findForeign: (options) => around(() => finder.findForeign(options), options) };
}

/** `storage` as one that deletes old versions too, or undefined when it can't. */
export function asVersionEraser(storage: BlobReader): VersionEraser | undefined {
  return erasesVersions(storage) ? storage : undefined;
}

/** What a wrapper spreads into itself to delete old versions when `inner` can; `around` is what it does to a call. */
export function eraserOf(
  inner: BlobReader,
  around: (run: () => Promise<void>, options: CallOptions | undefined) => Promise<void>,
): Partial<VersionEraser> {
  const eraser = asVersionEraser(inner);
  if (eraser === undefined) return {};
  return { eraseVersions: (id, options) => around(() => eraser.eraseVersions(id, options), options) };
}

/** What a wrapper spreads into itself to be local files when `inner` is. Not for a wrapper that must see every read:
 *  worker threads open these files by themselves. */
export function localFilesOf(inner: BlobReader): Partial<LocalBlobFiles> {
  const files = asLocalFiles(inner);
  return files === undefined ? {} : { localPath: (id) => files.localPath(id) };
}

/** `storage`, of which worker threads can't open the files by themselves: every read goes through it. */
export function withoutLocalFiles(storage: BlobStorage & Partial<LocalBlobFiles>): BlobStorage {
  const { localPath: _, ...rest } = storage;
  return rest;
}

/** What a wrapper spreads into itself to extend object lock when `inner` can; `around` is what it does to a call. */
export function retentionOf(
  inner: BlobReader,
  around: (run: () => Promise<void>, options: CallOptions | undefined, id: BlobId) => Promise<void>,
): Partial<RetentionExtender> {
  const extender = asRetentionExtender(inner);
  if (extender === undefined) return {};
  return {
    extendRetention: (id, retention, options) =>
      around(() => extender.extendRetention(id, retention, options), options, id),
  };
}

function hasLocalFiles(storage: BlobReader): storage is BlobReader & LocalBlobFiles {
  return 'localPath' in storage;
}

function findsForeign(storage: BlobReader): storage is BlobReader & ForeignFinder {
  return 'findForeign' in storage;
}

function erasesVersions(storage: BlobReader): storage is BlobReader & VersionEraser {
  return 'eraseVersions' in storage;
}

function hasRetention(storage: BlobReader): storage is BlobReader & RetentionExtender {
  return 'extendRetention' in storage;
}
