import { expect, test } from 'vitest';
import { checkFormat } from './features.ts';
import { decodeRepositoryFormat, type RepositoryFormat } from './parameters.ts';

/** A sound format, but for `members`. */
function formatWith(members: object): RepositoryFormat {
  const sound = {
    hash: 'BLAKE2B-256-128',
    encryption: 'AES256-GCM-HMAC-SHA256',
    version: 3,
    indexVersion: 2,
    splitter: 'DYNAMIC',
  };
  return decodeRepositoryFormat(Buffer.from(JSON.stringify({ format: { ...sound, ...members } })));
}

const timeTravel = {
  feature: 'time-travel',
  ifNotUnderstood: { message: 'ask Bob', upgradeToVersion: '9' },
};
const upgradeLock = { ownerID: 'alice', creationTime: '2026-01-01T00:00:00Z' };

test.each([
  [{ version: 4 }, 'FORMAT_UNSUPPORTED', /format version 4/],
  [{ version: 0 }, 'FORMAT_UNSUPPORTED', /format version 0/],
  [{ indexVersion: 3 }, 'FORMAT_UNSUPPORTED', /index version 3/],
  [{ hash: 'SHA1' }, 'ALGORITHM_UNKNOWN', /SHA1/],
  [{ encryption: 'NONE' }, 'ALGORITHM_UNKNOWN', /NONE/],
  [{ splitter: 'toString' }, 'ALGORITHM_UNKNOWN', /toString/],
  [{ ecc: 'LDPC', eccOverheadPercent: 1 }, 'ALGORITHM_UNKNOWN', /LDPC/],
  [{ requiredFeatures: [timeTravel] }, 'FEATURE_UNSUPPORTED', /time-travel.*ask Bob.*kopia 9/],
  [{ upgradeLock }, 'UPGRADE_IN_PROGRESS', /alice.*2026-01-01/],
])('%j: %s', (members, code, message) => {
  expect(() => checkFormat(formatWith(members))).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

test('known features pass, others may only warn', () => {
  const feature = (name: string, warn: boolean): object => ({ feature: name, ifNotUnderstood: { warn } });
  expect(checkFormat(formatWith({ requiredFeatures: [feature('index-v2', false)] }))).toEqual([]);
  expect(checkFormat(formatWith({ requiredFeatures: [feature('nice-to-have', true)] }))).toEqual([
    expect.stringContaining('nice-to-have'),
  ]);
});
