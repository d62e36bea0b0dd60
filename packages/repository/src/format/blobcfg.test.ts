import { expect, test } from 'vitest';
import { decodeBlobConfig, encodeBlobConfig } from './blobcfg.ts';

const LOCK = { mode: 'GOVERNANCE', periodMs: 400 * 86_400_000 } as const;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

test('retention is written as kopia does', () => {
  expect(textOf(encodeBlobConfig(undefined))).toBe('{}');
  expect(textOf(encodeBlobConfig(LOCK))).toBe(
    '{"retentionMode":"GOVERNANCE","retentionPeriod":34560000000000000}',
  );
  expect(decodeBlobConfig(encodeBlobConfig(LOCK))).toEqual(LOCK);
});

test('half of it is none', () => {
  expect(decodeBlobConfig(bytesOf('{"retentionMode":"COMPLIANCE"}'))).toBeUndefined();
  expect(decodeBlobConfig(bytesOf('{"retentionPeriod":86400000000000}'))).toBeUndefined();
});

test('unknown modes and short periods are refused', () => {
  expect(() =>
    decodeBlobConfig(bytesOf('{"retentionMode":"Locked","retentionPeriod":86400000000000}')),
  ).toThrow(expect.objectContaining({ code: 'FEATURE_UNSUPPORTED' }));
  expect(() => encodeBlobConfig({ ...LOCK, periodMs: 86_399_999 })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  );
});
