import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeRepositoryFormat, encodeRepositoryFormat } from './parameters.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

test('what is absent has its meaning', () => {
  expect(decodeRepositoryFormat(bytesOf('{"format":{}}'))).toMatchObject({
    maxPackSize: 20 << 20,
    indexVersion: 1,
    splitter: 'FIXED',
    ecc: '',
    enablePasswordChange: false,
    epochParameters: { enabled: false },
    requiredFeatures: [],
  });
});

test('members of the future survive, in epochs and locks too', () => {
  const text =
    '{"format":{"hash":"H","encryption":"E","version":9,"maxPackSize":12345678,"indexVersion":2,' +
    '"epochParameters":{"Enabled":true,"EpochRefreshFrequency":1200000000001,"FullCheckpointFrequency":7,' +
    '"CleanupSafetyMargin":14400000000000,"MinEpochDuration":86400000000000,"EpochAdvanceOnCountThreshold":20,' +
    '"EpochAdvanceOnTotalSizeBytesThreshold":10485760,"DeleteParallelism":4,"NewKnob":[1]},"enablePasswordChange":true,' +
    '"splitter":"S","upgradeLock":{"ownerID":"me","creationTime":"2026-01-01T00:00:00Z","new":1},' +
    '"requiredFeatures":[{"feature":"f","ifNotUnderstood":{"warn":true,"new":2}}],"future":9223372036854775807}}';
  expect(textOf(encodeRepositoryFormat(decodeRepositoryFormat(bytesOf(text))))).toBe(text);
});

test('durations survive: whole milliseconds, and nanoseconds of short ones', () => {
  const belowFortnight = fc.bigInt(0n, 2n ** 50n);
  const wholeMs = fc.bigInt(0n, 2n ** 43n).map((ms) => ms * 1_000_000n);
  fc.assert(
    fc.property(fc.oneof(belowFortnight, wholeMs), (ns) => {
      const format = decodeRepositoryFormat(
        bytesOf(`{"format":{"epochParameters":{"MinEpochDuration":${ns}}}}`),
      );
      expect(textOf(encodeRepositoryFormat(format))).toContain(`"MinEpochDuration":${ns},`);
    }),
  );
});

test.each([
  { hash: 1 },
  { secret: 'not base64' },
  { version: 1.5 },
  { requiredFeatures: [1] },
  { epochParameters: [] },
])('%j is refused', (members) => {
  const [name] = Object.keys(members);
  expect(() => decodeRepositoryFormat(bytesOf(JSON.stringify({ format: members })))).toThrow(
    new RegExp(`^format blob\\.format\\.${name}.*: expected`),
  );
});

test('a refusal quotes no secrets', () => {
  expect(() => decodeRepositoryFormat(bytesOf('{"format":{"masterKey":"hunter2"'))).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('hunter') }),
  );
});
