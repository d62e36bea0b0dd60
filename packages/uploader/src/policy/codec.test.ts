import { parseGoJson } from '@holdfast/repository';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { uploaderErrorCode } from '../errors.ts';
import { decodePolicy, encodePolicy } from './codec.ts';
import { DEFAULT_POLICY, EMPTY_POLICY, type Policy } from './policy.ts';
import { POLICY_FIELDS } from './schema.ts';
import { policyValue, withPolicyValue } from './fields.ts';

// Written by kopia.
const FRESH_GLOBAL =
  '{"retention":{"keepLatest":10,"keepHourly":48,"keepDaily":7,"keepWeekly":4,"keepMonthly":24,"keepAnnual":3,' +
  '"ignoreIdenticalSnapshots":false},"files":{"ignoreDotFiles":[".kopiaignore"]},"errorHandling":{"ignoreFileErrors":false,' +
  '"ignoreDirectoryErrors":false,"ignoreUnknownTypes":true},"scheduling":{"runMissed":true},"compression":{"compressorName":"none"},' +
  '"metadataCompression":{"compressorName":"zstd-fastest"},"splitter":{},"actions":{},"osSnapshots":{"volumeShadowCopy":{"enable":0}},' +
  '"logging":{"directories":{"snapshotted":5,"ignored":5},"entries":{"snapshotted":0,"ignored":5,"cacheHit":0,"cacheMiss":0}},' +
  '"upload":{"maxParallelSnapshots":1,"parallelUploadAboveSize":2147483648}}';
const PATH =
  '{"retention":{"keepAnnual":2},"files":{"ignore":["/data/cache"],"maxFileSize":2000000,"oneFileSystem":true},' +
  '"errorHandling":{"ignoreFileErrors":true},"scheduling":{"intervalSeconds":3600,"timeOfDay":[{"hour":3,"min":15},{"hour":12,"min":0}]},' +
  '"compression":{"onlyCompress":[".txt"],"noParentOnlyCompress":true},"metadataCompression":{},"splitter":{},' +
  '"actions":{"beforeFolder":{"path":"/bin/x","args":["a","b"],"timeout":300,"mode":"essential"}},' +
  '"osSnapshots":{"volumeShadowCopy":{}},"logging":{"directories":{},"entries":{}},"upload":{},"noParent":true}';
const FUTURE =
  '{"retention":{"keepDecade":1},"files":{},"errorHandling":{},"scheduling":{},"compression":{},"metadataCompression":{},"splitter":{},' +
  '"actions":{"afterFolder":{"script":"x","shell":"sh"}},"osSnapshots":{"volumeShadowCopy":{"x":[1]}},"logging":{"directories":{},"entries":{}},' +
  '"upload":{},"colour":{"b":"é","a":null}}';

const EMPTY_JSON = encodePolicy(EMPTY_POLICY);

const VALUES = {
  optionalInteger: fc.integer(),
  optionalBoolean: fc.boolean(),
  integer: fc.integer({ min: 1 }),
  flag: fc.constant(true),
  text: fc.string({ minLength: 1 }),
  texts: fc.array(fc.string(), { minLength: 1 }),
  times: fc.array(fc.record({ hour: fc.nat(23), min: fc.nat(59) }), { minLength: 1 }),
  action: fc.record(
    { path: fc.string({ minLength: 1 }), args: fc.array(fc.string(), { minLength: 1 }) },
    { requiredKeys: [] },
  ),
};
const setting = fc
  .constantFrom(...POLICY_FIELDS)
  .chain(([path, { kind }]) => VALUES[kind].map((value) => ({ path, value })));
const policy: fc.Arbitrary<Policy> = fc
  .array(setting)
  .map((settings) =>
    settings.reduce((built, { path, value }) => withPolicyValue(built, path, value), EMPTY_POLICY),
  );

describe('policies', () => {
  test.each([FRESH_GLOBAL, PATH])('come out as kopia wrote them (%#)', (json) => {
    expect(encodePolicy(decodePolicy(JSON.parse(json)))).toBe(json);
  });

  test('keep fields that we do not know, in kopia’s order of keys', () => {
    expect(encodePolicy(decodePolicy(JSON.parse(FUTURE)))).toBe(
      FUTURE.replace('"b":"é","a":null', '"a":null,"b":"é"'),
    );
  });

  test('keep large numbers in them', () => {
    const large = EMPTY_JSON.replace(
      '"upload":{}',
      '"upload":{},"new":[9223372036854775807,{"a":-9007199254740993}]',
    );
    expect(encodePolicy(decodePolicy(parseGoJson(large)))).toBe(large);
  });

  test('the defaults are what kopia puts into a new repository', () => {
    expect(encodePolicy(DEFAULT_POLICY)).toBe(FRESH_GLOBAL);
    expect(decodePolicy({})).toEqual(EMPTY_POLICY);
    expect(decodePolicy(null)).toEqual(EMPTY_POLICY);
  });

  test('decode to what was encoded', () => {
    fc.assert(
      fc.property(policy, (value) => {
        expect(decodePolicy(JSON.parse(encodePolicy(value)))).toEqual(value);
      }),
    );
  });

  test('zero, false and empty are not set, except where kopia points to the value', () => {
    const decoded = decodePolicy({
      retention: { keepLatest: 0 },
      files: { maxFileSize: 0, noParentIgnore: false, ignore: [], oneFileSystem: false },
      compression: { compressorName: '' },
    });
    expect(decoded).toEqual({
      ...EMPTY_POLICY,
      retention: { keepLatest: 0 },
      files: { oneFileSystem: false },
    });
  });

  test.each([
    [],
    { retention: [] },
    { retention: { keepLatest: 'x' } },
    { retention: { keepLatest: 1.5 } },
    { files: { ignore: [1] } },
    { scheduling: { timeOfDay: [{ hour: 24 }] } },
    { actions: { beforeFolder: 'x' } },
    { noParent: 1 },
  ])('%j is corrupt', (payload) => {
    expect(codeOf(() => decodePolicy(payload))).toBe('POLICY_CORRUPT');
  });

  test('fields have dotted paths', () => {
    const edited = withPolicyValue(EMPTY_POLICY, 'logging.entries.cacheHit', 3);
    expect(edited.logging).toEqual({ directories: {}, entries: { cacheHit: 3 } });
    expect(policyValue(edited, 'logging.entries.cacheHit')).toBe(3);
    expect(withPolicyValue(edited, 'logging.entries.cacheHit', undefined)).toEqual(EMPTY_POLICY);
    expect(codeOf(() => policyValue(edited, 'logging.entries'))).toBe('POLICY_INVALID');
    expect(codeOf(() => withPolicyValue(edited, '__proto__.x', 1))).toBe('POLICY_INVALID');
  });
});

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return uploaderErrorCode(error);
  }
}
