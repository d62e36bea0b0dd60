import { compressionTargets } from './compression-targets.ts';
import { eccTargets } from './ecc-targets.ts';
import { formatTargets } from './format-targets.ts';
import { goldenSeeds } from './golden-seeds.ts';
import { indexTargets } from './index-targets.ts';
import { listingTargets } from './listing-targets.ts';
import { packTargets } from './pack-targets.ts';
import { sealedTargets } from './sealed-targets.ts';
import { snapshotTargets } from './snapshot-targets.ts';
import type { FuzzTarget } from './target.ts';

/** Every decoder of what comes from a repository. */
export async function fuzzTargets(): Promise<readonly FuzzTarget[]> {
  const golden = await goldenSeeds('rich-flat');
  return [
    ...formatTargets(golden.formatBlob),
    ...indexTargets(),
    ...(await packTargets(golden.formatBlob)),
    ...(await listingTargets()),
    ...snapshotTargets(golden),
    ...compressionTargets(),
    ...eccTargets(),
    ...(await sealedTargets()),
  ];
}
