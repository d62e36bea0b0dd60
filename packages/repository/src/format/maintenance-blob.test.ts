import { expect, test } from 'vitest';
import type { RootKeys } from './keys.ts';
import {
  addRun,
  decodeMaintenanceBlob,
  decodeSchedule,
  EMPTY_SCHEDULE,
  encodeMaintenanceBlob,
  encodeSchedule,
  type MaintenanceRun,
} from './maintenance-blob.ts';

const KEYS: RootKeys = {
  formatKey: new Uint8Array(32).fill(1),
  masterKey: new Uint8Array(32).fill(2),
  secret: new Uint8Array(32).fill(3),
  uniqueId: new Uint8Array(32).fill(4),
  enablePasswordChange: true,
};
const run = (startNs: bigint): MaintenanceRun => ({
  startNs,
  endNs: startNs,
  success: true,
  error: '',
  unknown: {},
});
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

test('an empty schedule is that of kopia', () => {
  const text =
    '{"nextFullMaintenance":"0001-01-01T00:00:00Z","nextQuickMaintenance":"0001-01-01T00:00:00Z","runs":null}';
  expect(textOf(encodeSchedule(EMPTY_SCHEDULE))).toBe(text);
  expect(decodeSchedule(Buffer.from(text))).toEqual(EMPTY_SCHEDULE);
});

test('runs, their statistics and what is unknown survive', () => {
  const text =
    '{"nextFullMaintenance":"2026-11-24T07:43:45.1Z","nextQuickMaintenance":"2026-11-23T08:43:45Z","runs":' +
    '{"cleanup-logs":[{"start":"2026-11-23T07:43:45.000000001Z","end":"2026-11-23T07:43:46Z","error":"no"}],' +
    '"snapshot-gc":[{"start":"2026-11-23T07:43:45Z","end":"2026-11-23T07:43:46Z","success":true,"extra":[{"kind":"k","data":{"n":1}}]}]},"new":1}';
  expect(textOf(encodeSchedule(decodeSchedule(Buffer.from(text))))).toBe(text);
});

test('the newest 50 runs of each task are kept', () => {
  let schedule = addRun(EMPTY_SCHEDULE, 'other', run(0n));
  for (let i = 1n; i <= 60n; i++) schedule = addRun(schedule, 'task', run(i));
  expect(schedule.runs['task']?.map(({ startNs }) => startNs)).toEqual(
    Array.from({ length: 50 }, (_, i) => 60n - BigInt(i)),
  );
  expect(schedule.runs['other']).toHaveLength(1);
});

test('only the right key opens it', () => {
  const schedule = addRun(EMPTY_SCHEDULE, 'task', run(5n));
  const sealed = encodeMaintenanceBlob(schedule, KEYS);
  expect(decodeMaintenanceBlob(sealed, KEYS)).toEqual(schedule);
  expect(() => decodeMaintenanceBlob(sealed, { ...KEYS, enablePasswordChange: false })).toThrow(
    expect.objectContaining({ code: 'FORMAT_CORRUPT', detail: { blob: 'kopia.maintenance' } }),
  );
});
