import {
  type CheckList,
  failsWith,
  firstWrong,
  idsOf,
  listsExactly,
  ownBlob,
  type Trial,
} from './provider-trial.ts';
import type { BlobRange } from './storage.ts';

/** What every storage has to do, drivers in their tests and services before somebody relies on them. Each check takes a trial
 *  of its own, without blobs. */
export const CONTRACT_CHECKS: CheckList = [
  ['every range of a blob comes exactly', exactRanges],
  ['a range that a blob does not have is refused', refusedRanges],
  ['times of blobs never run backwards, and are the same in listings and lookups', steadyTimes],
  ['listings by prefix are complete and say how long blobs are', listingByPrefix],
  ['a listing of many pages is complete', longListing],
  ['a listing is complete for what stays while others are deleted', listingMeanwhile],
  ['of blobs written under one name at once, one stays whole', oneOfSeveral],
  ['a blob is seen whole while it is replaced', wholeMeanwhile],
];

const DIGITS = '0123456789';

async function putDigits(trial: Trial): Promise<ReturnType<typeof ownBlob>> {
  const id = ownBlob(trial, 'digits'.padEnd(40, '-'));
  await trial.storage.put(id, [Buffer.from(DIGITS)], trial.call);
  return id;
}

const RANGES: readonly BlobRange[] = [
  { offset: 0, length: 10 },
  { offset: 3, length: 4 },
  { offset: 9, length: 1 },
  { offset: 4 },
  { offset: 10 },
  { offset: 5, length: 0 },
  { offset: 10, length: 0 },
];

async function exactRanges(trial: Trial): Promise<string | undefined> {
  const id = await putDigits(trial);
  return await firstWrong(RANGES, async (range) => {
    const text = Buffer.from(await trial.storage.get(id, range, trial.call)).toString();
    const expected = DIGITS.slice(range.offset, range.offset + (range.length ?? 10));
    return text === expected ? undefined : `${JSON.stringify(text)} came for ${JSON.stringify(range)}`;
  });
}

const NO_RANGES: readonly BlobRange[] = [
  { offset: 0, length: 11 },
  { offset: 9, length: 2 },
  { offset: 10, length: 1 },
  { offset: 11 },
  { offset: 11, length: 0 },
  { offset: 2 ** 40, length: 1 },
  { offset: -1, length: 1 },
  { offset: 1, length: -1 },
  { offset: 0.5, length: 1 },
];

async function refusedRanges(trial: Trial): Promise<string | undefined> {
  const id = await putDigits(trial);
  return await firstWrong(NO_RANGES, (range) =>
    failsWith(
      'BLOB_RANGE_INVALID',
      trial.storage.get(id, range, trial.call),
      `for ${JSON.stringify(range)} of ${DIGITS.length} bytes`,
    ),
  );
}

async function steadyTimes(trial: Trial): Promise<string | undefined> {
  const { storage, call } = trial;
  let lastMs = Date.UTC(2020);
  for (const name of ['b', 'a', 'c', 'a']) {
    const id = ownBlob(trial, name);
    await storage.put(id, [Buffer.from(name)], call);
    const { timestampMs } = await storage.getMetadata(id, call);
    if (!Number.isSafeInteger(timestampMs) || timestampMs < lastMs)
      return `${timestampMs} came after ${lastMs}`;
    lastMs = timestampMs;
  }
  for await (const { id, timestampMs } of storage.list(`${trial.prefix}a`, call)) {
    const lookedUp = (await storage.getMetadata(id, call)).timestampMs;
    if (lookedUp !== timestampMs) return `a listing says ${timestampMs}, a lookup ${lookedUp}`;
  }
  return undefined;
}

const long = (start: string): string => start.padEnd(40, '0');
const NAMES = ['p', 'pa', 'x', ...['p', 'pabc', 'pabcd', 'pb', 'q', 'xn1_', 'xn12_'].map(long)];

async function listingByPrefix(trial: Trial): Promise<string | undefined> {
  const { storage, call } = trial;
  await Promise.all(NAMES.map((name) => storage.put(ownBlob(trial, name), [Buffer.from(name)], call)));
  const lengths = NAMES.flatMap((name) => [1, 2, 3, 4, 5, 6, 39, 40].map((end) => name.slice(0, end)));
  for (const start of new Set(['', 'nothing', 'pabcde', ...lengths])) {
    const expected = NAMES.filter((name) => name.startsWith(start)).map((name) => ownBlob(trial, name));
    const wrong = await listsExactly(trial, expected, start);
    if (wrong !== undefined) return `of ${JSON.stringify(start)}: ${wrong}`;
  }
  for await (const { id, length } of storage.list(trial.prefix, call))
    if (length !== id.length - trial.prefix.length) return `${id} is listed with ${length} bytes`;
  return undefined;
}

/** Puts empty blobs, some at a time. */
async function putMany(trial: Trial, names: readonly string[]): Promise<void> {
  const rest = names.map((name) => ownBlob(trial, name));
  const worker = async (): Promise<void> => {
    for (let id = rest.pop(); id !== undefined; id = rest.pop()) await trial.storage.put(id, [], trial.call);
  };
  await Promise.all(Array.from({ length: trial.concurrency }, worker));
}

async function longListing(trial: Trial): Promise<string | undefined> {
  const names = Array.from({ length: trial.listedBlobs }, (_, i) => `many-${String(i).padStart(5, '0')}`);
  await putMany(trial, names);
  // Whoever has seen enough leaves; the next listing starts anew.
  for await (const _ of trial.storage.list(`${trial.prefix}many-`, trial.call)) break;
  return await listsExactly(
    trial,
    names.map((name) => ownBlob(trial, name)),
    'many-',
  );
}

async function listingMeanwhile(trial: Trial): Promise<string | undefined> {
  const names = (start: string) => Array.from({ length: 50 }, (_, i) => `${start}${i}`.padEnd(30, '-'));
  await putMany(trial, [...names('stay'), ...names('go')]);
  const deletions = names('go').map((name) => trial.storage.delete(ownBlob(trial, name), trial.call));
  const [ids] = await Promise.all([idsOf(trial), ...deletions]);
  const missing = names('stay').filter((name) => !ids.includes(ownBlob(trial, name)));
  return missing.length === 0 ? undefined : `${missing.length} of 50 are missing`;
}

async function oneOfSeveral(trial: Trial): Promise<string | undefined> {
  const id = ownBlob(trial, 'one'.padEnd(40, '-'));
  const bodies = Array.from({ length: 8 }, (_, i) => new Uint8Array(100_000 + i).fill(i));
  const put = (body: Uint8Array) =>
    trial.storage.put(id, [body.subarray(0, 10), body.subarray(10)], trial.call);
  await Promise.all(bodies.map(put));
  const bytes = await trial.storage.get(id, undefined, trial.call);
  if (!bodies.some((body) => Buffer.compare(body, bytes) === 0)) return 'a mixture stayed';
  return await listsExactly(trial, [id]);
}

async function wholeMeanwhile(trial: Trial): Promise<string | undefined> {
  const { storage, call } = trial;
  const id = ownBlob(trial, 'whole'.padEnd(40, '-'));
  const bodies = [1, 2].map((i) => new Uint8Array(i * 50_000).fill(i));
  await storage.put(id, bodies.slice(0, 1), call);
  const writes = Promise.all(bodies.flatMap((body) => [1, 2, 3].map(() => storage.put(id, [body], call))));
  let wrong: string | undefined;
  for (let i = 0; i < 20 && wrong === undefined; i++) {
    const bytes = await storage.get(id, undefined, call);
    if (!bodies.some((body) => Buffer.compare(body, bytes) === 0)) wrong = `${bytes.length} other bytes came`;
  }
  await writes;
  return wrong;
}
