import { EpochIndexBlobs } from './epoch-index-blobs.ts';
import type { IndexBlobs, IndexBlobsParts } from './index-blobs.ts';
import { LegacyIndexBlobs } from './legacy.ts';

/** The index blobs of a repository, whichever way its format keeps them. */
export function openIndexBlobs(parts: IndexBlobsParts): IndexBlobs {
  return parts.epochParameters.enabled ? new EpochIndexBlobs(parts) : new LegacyIndexBlobs(parts);
}
