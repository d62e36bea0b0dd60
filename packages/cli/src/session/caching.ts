import type { Caching } from '@holdfast/repository';

/** What can be chosen of the cache of a connection; kopia's flags of the same names. Ages and durations in milliseconds. */
export interface CacheFlags {
  /** Absolute. */
  readonly cacheDirectory?: string;
  readonly contentCacheSizeMb?: number;
  readonly contentCacheSizeLimitMb?: number;
  readonly contentMinSweepAge?: number;
  readonly metadataCacheSizeMb?: number;
  readonly metadataCacheSizeLimitMb?: number;
  readonly metadataMinSweepAge?: number;
  readonly indexMinSweepAge?: number;
  readonly maxListCacheDuration?: number;
}

/** What a new connection has when nobody says otherwise; kopia's. */
export const DEFAULT_CACHE_FLAGS: Required<
  Pick<CacheFlags, 'contentCacheSizeMb' | 'metadataCacheSizeMb' | 'maxListCacheDuration'>
> = { contentCacheSizeMb: 5000, metadataCacheSizeMb: 5000, maxListCacheDuration: 30_000 };

/** Bytes that `repository connect` takes an MB for. Source: kopia cli/command_repository_connect.go. */
export const CONNECT_MB: number = 1 << 20;
/** Bytes that `cache set` takes an MB for. Source: kopia cli/command_cache_set.go. */
export const SET_MB = 1_000_000;

/** A connection without a cache. */
export const NO_CACHE: Caching = {
  directory: '',
  contentSize: 0,
  contentLimit: 0,
  metadataSize: 0,
  metadataLimit: 0,
  maxListSeconds: 0,
  minContentSweepSeconds: 0,
  minMetadataSweepSeconds: 0,
  minIndexSweepSeconds: 0,
  unknown: {},
};

/** `caching` with what the flags say, in the place of what it says. As with kopia, no size for contents is no cache. */
export function changeCaching(caching: Caching, flags: CacheFlags, mbBytes: number): Caching {
  const bytes = (mb: number | undefined, old: number): number => (mb === undefined ? old : mb * mbBytes);
  const seconds = (ms: number | undefined, old: number): number => (ms === undefined ? old : ms / 1000);
  const changed: Caching = {
    directory: flags.cacheDirectory ?? caching.directory,
    contentSize: bytes(flags.contentCacheSizeMb, caching.contentSize),
    contentLimit: bytes(flags.contentCacheSizeLimitMb, caching.contentLimit),
    metadataSize: bytes(flags.metadataCacheSizeMb, caching.metadataSize),
    metadataLimit: bytes(flags.metadataCacheSizeLimitMb, caching.metadataLimit),
    maxListSeconds: seconds(flags.maxListCacheDuration, caching.maxListSeconds),
    minContentSweepSeconds: seconds(flags.contentMinSweepAge, caching.minContentSweepSeconds),
    minMetadataSweepSeconds: seconds(flags.metadataMinSweepAge, caching.minMetadataSweepSeconds),
    minIndexSweepSeconds: seconds(flags.indexMinSweepAge, caching.minIndexSweepSeconds),
    unknown: caching.unknown,
  };
  return changed.contentSize === 0 ? { ...NO_CACHE, unknown: caching.unknown } : changed;
}
