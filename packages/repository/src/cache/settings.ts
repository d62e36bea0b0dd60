import type { Caching } from '../connection/connection-file.ts';

/** How much one kind of entries may take. */
export interface CacheLimits {
  /** Bytes to stay below as long as that takes away only entries older than `minSweepAgeMs`. */
  readonly softBytes: number;
  /** Bytes to stay below whatever the age of what goes; 0 for no such limit. */
  readonly hardBytes: number;
  readonly minSweepAgeMs: number;
}

/** What is kept on this machine of a repository. */
export interface CacheSettings {
  readonly contents: CacheLimits;
  readonly metadata: CacheLimits;
  /** How long files of indexes stay that are not in use. */
  readonly minIndexSweepAgeMs: number;
}

const MINUTE_MS = 60_000;

/** Ages that a connection leaves open. Source: kopia repo/content/committed_read_manager.go. */
export const DEFAULT_SWEEP_AGES: Readonly<Record<'contentsMs' | 'metadataMs' | 'indexesMs', number>> = {
  contentsMs: 10 * MINUTE_MS,
  metadataMs: 24 * 60 * MINUTE_MS,
  indexesMs: 60 * MINUTE_MS,
};

/** What a connection says about its cache; undefined when it has none.
 *  Source: kopia repo/content/caching_options.go. */
export function cacheSettings(caching: Caching): CacheSettings | undefined {
  if (caching.directory === '') return undefined;
  return {
    contents: {
      softBytes: caching.contentSize,
      hardBytes: caching.contentLimit,
      minSweepAgeMs: ageMs(caching.minContentSweepSeconds, DEFAULT_SWEEP_AGES.contentsMs),
    },
    metadata: {
      softBytes: caching.metadataSize === 0 ? caching.contentSize : caching.metadataSize,
      hardBytes: caching.metadataLimit,
      minSweepAgeMs: ageMs(caching.minMetadataSweepSeconds, DEFAULT_SWEEP_AGES.metadataMs),
    },
    minIndexSweepAgeMs: ageMs(caching.minIndexSweepSeconds, DEFAULT_SWEEP_AGES.indexesMs),
  };
}

/** The size that entries never exceed for long: the smaller one of the limits that are set. */
export function targetBytes({ softBytes, hardBytes }: CacheLimits): number {
  return hardBytes > 0 ? Math.min(softBytes, hardBytes) : softBytes;
}

function ageMs(seconds: number, otherwiseMs: number): number {
  return seconds === 0 ? otherwiseMs : seconds * 1000;
}
