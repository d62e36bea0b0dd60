import type { RepositoryErrorCode } from '../errors.ts';
import {
  type CheckList,
  codeOf,
  done,
  idsOf,
  listsExactly,
  ownBlob,
  readsBack,
  type Trial,
} from './provider-trial.ts';
import type { BlobId, BlobRange } from './storage.ts';

/** A trial with a blob that these checks write, change and delete one after the other. */
export interface StoryTrial extends Trial {
  readonly first: BlobId;
  readonly body: Uint8Array;
}

/** The life of a blob as large as a pack, from before it is written until after it was deleted. In this order. */
export const STORY_CHECKS: CheckList<StoryTrial> = [
  ['a listing of what is not there is empty', (trial) => listsExactly(trial, [])],
  ['a missing blob is said to be missing', missingBlob],
  ['a blob can be written', ({ storage, first, body, call }) => done(storage.put(first, [body], call))],
  ['a blob can be read as soon as it is written', (trial) => readsBack(trial, trial.first, trial.body)],
  ['a blob is listed as soon as it is written', (trial) => listsExactly(trial, [trial.first])],
  ['parts of a blob can be read', partsOfBlob],
  ["the storage's clock agrees with this machine's within 5 minutes", agreeingClock],
  ['a blob can be replaced, and is then read as the new one', replacedBlob],
  ['an empty blob can be kept', emptyBlob],
  ['many blobs can be written, read and listed at the same time', manyBlobs],
  ['a deleted blob is gone from reads and listings', deletedBlob],
  ['deleting a missing blob is no error', ({ storage, first, call }) => done(storage.delete(first, call))],
];

async function missingBlob({ storage, first, call }: StoryTrial): Promise<string | undefined> {
  const missing: RepositoryErrorCode = 'BLOB_NOT_FOUND';
  const attempts = [
    storage.get(first, undefined, call),
    storage.get(first, { offset: 0, length: 1 }, call),
    storage.getMetadata(first, call),
  ];
  const codes = await Promise.all(attempts.map((attempt) => attempt.then(() => 'no error', codeOf)));
  return codes.every((code) => code === missing) ? undefined : codes.join(', ');
}

async function partsOfBlob({ storage, first, body, call }: StoryTrial): Promise<string | undefined> {
  const half = body.length >> 1;
  const ranges: BlobRange[] = [
    { offset: 0, length: 1 },
    { offset: half, length: 100 },
    { offset: half },
    { offset: body.length - 1, length: 1 },
  ];
  for (const range of ranges) {
    const bytes = await storage.get(first, range, call);
    const end = range.length === undefined ? body.length : range.offset + range.length;
    if (Buffer.compare(bytes, body.subarray(range.offset, end)) !== 0)
      return `other bytes came for the ${range.length ?? 'last'} from ${range.offset} on`;
  }
  const tooFar = await storage
    .get(first, { offset: body.length - 1, length: 2 }, call)
    .then(() => 'no error', codeOf);
  return tooFar === 'BLOB_RANGE_INVALID' ? undefined : `${tooFar} for a range past the end`;
}

async function agreeingClock({ storage, first, clock, call }: StoryTrial): Promise<string | undefined> {
  const { timestampMs } = await storage.getMetadata(first, call);
  const minutes = Math.round((timestampMs - clock.nowMs()) / 60_000);
  return Math.abs(minutes) <= 5 ? undefined : `the storage is ${minutes} minutes ahead`;
}

async function replacedBlob(trial: StoryTrial): Promise<string | undefined> {
  const body = Buffer.from('shorter');
  await trial.storage.put(trial.first, [body.subarray(0, 3), body.subarray(3)], trial.call);
  return (await readsBack(trial, trial.first, body)) ?? (await listsExactly(trial, [trial.first]));
}

async function emptyBlob(trial: StoryTrial): Promise<string | undefined> {
  const id = ownBlob(trial, '-empty');
  await trial.storage.put(id, [], trial.call);
  const wrong = await readsBack(trial, id, new Uint8Array());
  await trial.storage.delete(id, trial.call);
  return wrong;
}

async function manyBlobs(trial: StoryTrial): Promise<string | undefined> {
  const ids = Array.from({ length: trial.concurrency }, (_, i) => ownBlob(trial, `-many-${i}`));
  const bodies = ids.map((id, i) => Buffer.from(id.repeat(100 * i + 1)));
  const outcomes = await Promise.all(
    ids.map(async (id, i) => {
      const body = bodies[i] ?? new Uint8Array();
      await trial.storage.put(id, [body], trial.call);
      return await readsBack(trial, id, body);
    }),
  );
  return (
    outcomes.find((outcome) => outcome !== undefined) ?? (await listsExactly(trial, [trial.first, ...ids]))
  );
}

async function deletedBlob(trial: StoryTrial): Promise<string | undefined> {
  await trial.storage.delete(trial.first, trial.call);
  const code = await trial.storage.get(trial.first, undefined, trial.call).then(() => 'no error', codeOf);
  if (code !== 'BLOB_NOT_FOUND') return `${code} when it is read`;
  return (await idsOf(trial)).includes(trial.first) ? 'it is still listed' : undefined;
}
