import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ManifestId, parseManifestId } from './manifest-id.ts';
import type { ManifestVersion } from './codec.ts';
import { dropDeleted, findByLabels, latestOf, mergeVersion } from './reduce.ts';

const id = (n: number): ManifestId => parseManifestId(n.toString(16).padStart(32, '0'));

const versionOf = (n: number, modifiedNs: bigint, deleted = false): ManifestVersion => ({
  id: id(n),
  labels: { type: 't', of: String(modifiedNs) },
  modifiedNs,
  deleted,
});

const arbitraryVersion = fc
  .tuple(fc.nat(5), fc.bigInt(0n, 8n), fc.boolean())
  .map(([n, modifiedNs, deleted]) => versionOf(n, modifiedNs, deleted));

function reduce(versions: readonly ManifestVersion[]): Map<ManifestId, ManifestVersion> {
  const newest = new Map<ManifestId, ManifestVersion>();
  for (const version of versions) mergeVersion(newest, version);
  return dropDeleted(newest);
}

const sorted = (map: Map<ManifestId, ManifestVersion>): ManifestVersion[] => findByLabels(map.values(), {});

test('the order in which contents are read does not matter', () => {
  const shuffled = fc
    .array(arbitraryVersion, { maxLength: 30 })
    .chain((versions) =>
      fc.tuple(fc.constant(versions), fc.shuffledSubarray(versions, { minLength: versions.length })),
    );
  fc.assert(
    fc.property(shuffled, ([versions, others]) => {
      expect(sorted(reduce(others))).toEqual(sorted(reduce(versions)));
    }),
  );
});

test('what remains is the newest of each, unless that is a deletion', () => {
  fc.assert(
    fc.property(fc.array(arbitraryVersion, { maxLength: 30 }), (versions) => {
      const reduced = reduce(versions);
      for (const [each, group] of Map.groupBy(versions, (version) => version.id)) {
        const newest = group.reduce((a, b) => (b.modifiedNs > a.modifiedNs ? b : a)).modifiedNs;
        const gone = group.some((version) => version.modifiedNs === newest && version.deleted);
        expect(reduced.get(each)?.modifiedNs).toBe(gone ? undefined : newest);
      }
    }),
  );
});

test('finding asks for all pairs, and for own keys only', () => {
  const versions = [versionOf(1, 5n), versionOf(2, 3n), versionOf(3, 3n)];
  expect(findByLabels(versions, { type: 't' }).map((version) => version.id)).toEqual([id(2), id(3), id(1)]);
  expect(findByLabels(versions, { type: 't', of: '5' })).toEqual([versions[0]]);
  expect(findByLabels(versions, { type: 'u' })).toEqual([]);
  expect(findByLabels(versions, { toString: 'x' })).toEqual([]);
});

test('the latest wins, of equal times the greatest ID', () => {
  expect(latestOf([versionOf(1, 5n), versionOf(9, 3n)])?.id).toBe(id(1));
  expect(latestOf([versionOf(2, 3n), versionOf(1, 3n)])?.id).toBe(id(2));
  expect(latestOf([])).toBeUndefined();
});
