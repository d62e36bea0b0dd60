import { type ContentId, contentKey } from '../content/content-id.ts';
import { RepositoryError } from '../errors.ts';
import { MetadataPacks } from './metadata-packs.ts';
import type { MaintenanceParts, Tally } from './parts.ts';
import { relocate } from './relocate.ts';
import { Relocations } from './relocations.ts';
import { withRun, WorkDirectory } from './work-directory.ts';

/** What is to become of contents that a person wants written again. */
export interface ContentRewrite {
  /** `keep`: deleted contents stay deleted. `undelete`: only those are written, and they are deleted no more. */
  readonly deleted: 'keep' | 'undelete';
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

/** Writes contents into new packs, byte for byte, with entries later than those they have; durable when this resolves.
 *  Returns what was, or in a dry run would be, written. Throws CONTENT_NOT_FOUND before anything is written,
 *  CONTENT_CORRUPT for one that is damaged. */
export async function rewriteContents(
  parts: MaintenanceParts,
  ids: Iterable<ContentId>,
  { deleted, dryRun = false, signal }: ContentRewrite,
): Promise<Tally> {
  using work = new WorkDirectory(parts.cacheDirectory);
  const runParts = withRun(parts, work, signal);
  using metadata = new MetadataPacks(runParts);
  using relocations = new Relocations(work.path, 'rewrite');
  for (const id of ids) {
    const key = contentKey(id);
    const entry = parts.indexView.find(key);
    if (entry === undefined) throw notFound(id);
    if (deleted === 'keep') relocations.add(key, entry);
    else if (entry.deleted) relocations.add(key, { ...entry, deleted: false });
  }
  return dryRun ? relocations.tally : await relocate(runParts, metadata, relocations);
}

function notFound(content: ContentId): RepositoryError {
  const message = `content ${content} is in no index of this repository, so nothing was written`;
  return new RepositoryError('CONTENT_NOT_FOUND', message, { content });
}
