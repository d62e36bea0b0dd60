import type { Clock } from '../clock.ts';
import { openRoom } from './room.ts';
import type { CacheSettings } from './settings.ts';
import type { SweepResult } from './sweep.ts';

/** What pruning did to each kind of entries. */
export interface PruneResult {
  readonly contents: SweepResult;
  readonly metadata: SweepResult;
}

/** Removes what is beyond the limits of the cache in `directory`, which others may be using. Throws system errors. */
export async function pruneCache(
  directory: string,
  { contents, metadata }: CacheSettings,
  clock: Clock,
): Promise<PruneResult> {
  return {
    contents: await openRoom(directory, 'contents', { limits: contents, clock }).sweep(),
    metadata: await openRoom(directory, 'metadata', { limits: metadata, clock }).sweep(),
  };
}
