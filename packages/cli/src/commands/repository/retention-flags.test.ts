import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openCli } from '../../testing/cli-process.ts';
import { retentionOf } from './retention-flags.ts';

const DAY_MS = 86_400_000;

test('mode and period become what the repository is made with', () => {
  const flags = { retentionMode: 'COMPLIANCE', retentionPeriod: 30 * DAY_MS } as const;
  expect(retentionOf(flags, { locksBlobs: true })).toEqual({
    retention: { mode: 'COMPLIANCE', periodMs: 30 * DAY_MS },
  });
  expect(retentionOf({}, { locksBlobs: true })).toEqual({});
});

test.each([{ retentionMode: 'GOVERNANCE' }, { retentionPeriod: DAY_MS }] as const)(
  'half of it is refused: %j',
  (flags) => {
    expect(() => retentionOf(flags, { locksBlobs: true })).toThrow(/go together/);
  },
);

test('a directory refuses it before anything is made', async () => {
  using cli = openCli();
  const create = ['repository', 'create', 'filesystem', '--path', 'r', '--retention-mode=GOVERNANCE'];
  const env = { HOLDFAST_PASSWORD: 'x' };
  const result = await cli.run([...create, '--retention-period=48h'], { env });
  expect(result).toMatchObject({ code: 2, stderr: expect.stringMatching(/file system cannot keep blobs/) });
  expect(existsSync(cli.path('r'))).toBe(false);
});
