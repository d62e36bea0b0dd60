import { expect, it } from 'vitest';
import { collect } from '../testing/collect.ts';
import { parseBlobId } from './blob-id.ts';
import { type BlobVersion, versionAt, versionsByBlob } from './versions.ts';

function version(name: string, timestampMs: number, isDeletion = false): BlobVersion {
  return {
    id: parseBlobId(name),
    version: `${name}@${timestampMs}`,
    length: 1,
    timestampMs,
    sinceMs: timestampMs,
    isDeletion,
  };
}

it('finds the newest version that is not newer, unless it is a deletion', () => {
  const history = [version('a', 40), version('a', 30, true), version('a', 20), version('a', 10)];
  const at = (timeMs: number) => versionAt(history, timeMs)?.timestampMs;
  expect([5, 10, 15, 20, 29, 30, 35, 40, 99].map(at)).toEqual([
    undefined,
    10,
    10,
    20,
    20,
    undefined,
    undefined,
    40,
    40,
  ]);
});

it('groups neighbours', async () => {
  const all = [version('a', 2), version('a', 1), version('b', 3), version('c', 5), version('c', 4)];
  const groups = await collect(
    versionsByBlob(
      (async function* () {
        yield* all;
      })(),
    ),
  );
  expect(groups.map((group) => group.map(({ version: name }) => name))).toEqual([
    ['a@2', 'a@1'],
    ['b@3'],
    ['c@5', 'c@4'],
  ]);
});
