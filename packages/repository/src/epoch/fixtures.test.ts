import { describe, expect, it } from 'vitest';

import type { ExpectedBlob } from '../../../../test/support/expected.ts';
import { listFixtures, readExpected } from '../../../../test/support/fixtures.ts';
import type { BlobId, BlobMetadata } from '../blob/storage.ts';
import { activeLegacyBlobs } from './legacy.ts';
import { epochStateOf, readSet } from './state.ts';

const fixtures = listFixtures()
  .map((fixture) => ({ name: fixture.name, expected: readExpected(fixture) }))
  .filter(({ expected }) => (expected.activeIndexBlobs?.length ?? 0) > 0);

function metadataOf({ name, length, mtime }: ExpectedBlob): BlobMetadata {
  return { id: name as BlobId, length, timestampMs: Date.parse(mtime) };
}

function activeIn(blobs: readonly BlobMetadata[], epochs: unknown): readonly BlobMetadata[] {
  if (epochs === true) return readSet(epochStateOf(blobs));
  // None of the repositories of format 1 has a compaction log left.
  expect(blobs.filter(({ id }) => id.startsWith('m'))).toEqual([]);
  return activeLegacyBlobs(
    blobs.filter(({ id }) => id.startsWith('n')),
    [],
  );
}

describe('index blobs that kopia uses', () => {
  it('has fixtures', () => {
    expect(fixtures.map(({ name }) => name)).toEqual(expect.arrayContaining(['epochs-many', 'format-v1']));
  });

  it.each(fixtures)('are those chosen in $name', ({ expected }) => {
    const active = activeIn(
      (expected.blobs ?? []).map(metadataOf),
      expected.format.mutable.epochParameters['Enabled'],
    );
    expect(active.map(({ id }) => id).toSorted()).toEqual(expected.activeIndexBlobs?.toSorted());
  });
});
