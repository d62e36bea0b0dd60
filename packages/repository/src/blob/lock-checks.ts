import { repositoryErrorCode } from '../errors.ts';
import { asRetentionExtender, asVersionEraser } from './powers.ts';
import { ownBlob, textOf, type Trial } from './provider-trial.ts';
import type { BlobId, BlobStorage, CallOptions, Retention } from './storage.ts';

/** What became of one check. */
export interface CheckOutcome {
  readonly expectation: string;
  /** What happened instead; undefined when all is well. */
  readonly observed: string | undefined;
  /** Why it was not tried, or what can't be seen. */
  readonly skipped?: string;
}

const LOCKED: Retention = { mode: 'GOVERNANCE', periodMs: 60_000 };
const LONGER: Retention = { mode: 'GOVERNANCE', periodMs: 90_000 };

/** Tries object lock, where there is any: a few bytes are locked for a minute and a half. `needed`: the repository locks its blobs, so
 *  that a storage without it is lacking. */
export async function* lockChecks(
  storage: BlobStorage,
  trial: Trial,
  needed: boolean,
): AsyncGenerator<CheckOutcome> {
  const id = ownBlob(trial, 'locked');
  const { absent, observed } = await putLocked(storage, id, trial.call);
  const lacking = needed ? absent : undefined;
  yield {
    expectation: 'a blob can be written with a lock',
    observed: observed ?? lacking,
    ...(absent !== undefined && !needed && { skipped: absent }),
  };
  if (observed !== undefined || absent !== undefined) return;
  const extended = asRetentionExtender(storage)?.extendRetention(id, LONGER, trial.call);
  yield { expectation: 'a lock can be extended', observed: await wrongOf(extended) };
  yield {
    expectation: 'a locked blob cannot be deleted for good',
    ...(await tryToDelete(storage, id, trial.call)),
  };
}

async function putLocked(
  storage: BlobStorage,
  id: BlobId,
  call: CallOptions,
): Promise<{ readonly absent?: string; readonly observed?: string }> {
  if (asRetentionExtender(storage) === undefined)
    return { absent: 'this kind of storage has no object lock' };
  try {
    await storage.put(id, [Buffer.from('locked')], { ...call, retention: LOCKED });
    return {};
  } catch (error) {
    if (repositoryErrorCode(error) !== 'STORAGE_UNSUPPORTED') return { observed: textOf(error) };
    return { absent: `there is no object lock: ${textOf(error)}` };
  }
}

/** Where versions are kept, a deletion hides the blob, so that its versions have to be deleted to see whether they can be. */
async function tryToDelete(
  storage: BlobStorage,
  id: BlobId,
  call: CallOptions,
): Promise<Pick<CheckOutcome, 'observed' | 'skipped'>> {
  const eraser = asVersionEraser(storage);
  const deletion = eraser === undefined ? storage.delete(id, call) : eraser.eraseVersions(id, call);
  const code = await deletion.then(() => 'no error', repositoryErrorCode);
  if (code === 'BLOB_LOCKED' || code === 'STORAGE_DENIED') return { observed: undefined };
  if (code === 'no error' && eraser === undefined)
    return { observed: undefined, skipped: 'a deletion hides it, and old versions cannot be seen from here' };
  return { observed: code === 'no error' ? 'it was deleted' : await wrongOf(deletion) };
}

async function wrongOf(action: Promise<void> | undefined): Promise<string | undefined> {
  try {
    await action;
    return undefined;
  } catch (error) {
    return textOf(error);
  }
}
