import { type ContentSink, hashContent, type Repository } from '@holdfast/repository';

import type { DirectoryStorage } from '../backup/directory-object.ts';
import { metadataCompressor } from '../policy/compression.ts';
import { effectivePolicy } from '../policy/effective.ts';
import { encodeEntry } from '../snapshot/entry.ts';
import type { SnapshotManifest } from '../snapshot/manifest.ts';
import { deleteSnapshots, loadPolicies, saveSnapshot } from '../snapshots/snapshot-store.ts';
import { type FixRequest, fixRules } from './fix-rules.ts';
import { storeStub } from './stub.ts';
import { TreeRewriter } from './tree-rewriter.ts';

/** A snapshot and what it becomes. */
export interface SnapshotFix {
  readonly before: SnapshotManifest;
  /** The manifest to be saved. */
  readonly after: SnapshotManifest;
}

/** Where the objects of fixed snapshots go. */
export type FixMode = 'plan' | 'store';

/** Finds out how snapshots look without what is to be taken out, and returns those that change. With `plan` nothing is
 *  written; with `store` the new directories are, and `applySnapshotFixes` may follow. A snapshot whose root is lost
 *  becomes a stub. Throws FILE_FAILED where the request says so, and what the storage throws. */
export async function fixSnapshots(
  repository: Repository,
  request: FixRequest & { readonly snapshots: readonly SnapshotManifest[] },
  mode: FixMode,
): Promise<readonly SnapshotFix[]> {
  const policies = await loadPolicies(repository);
  const sink = mode === 'plan' ? hashingSink(repository) : repository.writer().contents;
  const plain = { sink, splitter: repository.splitter(), metadataCompressor: '' };
  const rules = await fixRules(repository, request, async (entry, error) => storeStub(entry, error, plain));
  const rewriter = new TreeRewriter({ source: repository.contents, rules, signal: request.signal });
  const fixes: SnapshotFix[] = [];
  for (const before of request.snapshots) {
    if (before.rootEntry === undefined) continue;
    const compressor = metadataCompressor(effectivePolicy(before.source, policies).policy) ?? '';
    const storage: DirectoryStorage = { ...plain, metadataCompressor: compressor };
    const root =
      (await rewriter.rewrite(before.rootEntry, '', storage)) ??
      (await storeStub(before.rootEntry, 'nothing is left of this snapshot', storage));
    if (encodeEntry(root) !== encodeEntry(before.rootEntry))
      fixes.push({ before, after: { ...before, rootEntry: root } });
    if (mode === 'store' && repository.writer().contents.isFull) await repository.writer().flush();
  }
  return fixes;
}

/** Replaces the manifests of fixed snapshots; all are durable when this resolves, or none is. */
export async function applySnapshotFixes(
  repository: Repository,
  fixes: readonly SnapshotFix[],
): Promise<readonly SnapshotFix[]> {
  const applied: SnapshotFix[] = [];
  for (const { before, after } of fixes)
    applied.push({ before, after: await saveSnapshot(repository, after) });
  await deleteSnapshots(
    repository,
    fixes.map(({ before }) => before.id),
  );
  return applied;
}

/** Names contents as a writer would and stores none. */
function hashingSink(repository: Repository): ContentSink {
  const { crypto } = repository.maintenanceParts();
  return { write: (prefix, data) => Promise.resolve(hashContent(crypto, prefix, data)) };
}
