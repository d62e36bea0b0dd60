import type { ContentId } from '../content/content-id.ts';
import type { MaintenanceParts, Tally } from './parts.ts';
import type { MaintenanceReport } from './report.ts';
import type { ContentRewrite } from './rewrite-contents.ts';
import type { MaintenanceRunOptions } from './run.ts';

/* Most commands maintain nothing: what does the work is loaded by those that do, which spares the others a tenth of their
 * start. */

/** As `runMaintenance` of `run.ts`. */
export async function runMaintenance(
  parts: MaintenanceParts,
  options: MaintenanceRunOptions,
): Promise<MaintenanceReport> {
  const run = await import('./run.ts');
  return await run.runMaintenance(parts, options);
}

/** As `rewriteContents` of `rewrite-contents.ts`. */
export async function rewriteContents(
  parts: MaintenanceParts,
  ids: Iterable<ContentId>,
  rewrite: ContentRewrite,
): Promise<Tally> {
  const rewriting = await import('./rewrite-contents.ts');
  return await rewriting.rewriteContents(parts, ids, rewrite);
}
