import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findTool, openTool, titleFor } from '../../../../../test/support/tools.ts';
import { openCli } from '../../testing/cli-process.ts';

/** One of each flag of kopia's `policy set`. */
const EVERYTHING: readonly (readonly string[])[] = [
  [
    '--keep-latest=1',
    '--keep-hourly=2',
    '--keep-daily=3',
    '--keep-weekly=4',
    '--keep-monthly=5',
    '--keep-annual=6',
    '--ignore-identical-snapshots=true',
    '--add-ignore=b',
    '--add-ignore=a',
    '--add-dot-ignore=.x',
    '--max-file-size=7',
    '--one-file-system=true',
    '--ignore-cache-dirs=false',
    '--ignore-file-errors=true',
    '--ignore-dir-errors=false',
    '--ignore-unknown-types=false',
    '--compression=zstd',
    '--metadata-compression=none',
    '--compression-min-size=8',
    '--compression-max-size=9',
    '--add-only-compress=.txt',
    '--add-never-compress=.zip',
    '--splitter=FIXED-1M',
    '--log-dir-snapshotted=1',
    '--log-dir-ignored=2',
    '--log-entry-snapshotted=3',
    '--log-entry-ignored=4',
    '--log-entry-cache-hit=5',
    '--log-entry-cache-miss=6',
    '--max-parallel-file-reads=10',
    '--parallel-upload-above-size-mib=11',
    '--enable-volume-shadow-copy=when-available',
    '--inherit=false',
  ],
  [
    '--snapshot-interval=90m',
    '--snapshot-time=8:05,20:30',
    '--run-missed=false',
    '--snapshot-time-crontab=0 3 * * mon; 15 4 1 * * # first',
  ],
  ['--before-folder-action=/bin/run "one arg" "say ""hi""" x', '--action-command-timeout=90s'],
  ['--after-folder-action=run.sh', '--action-command-mode=async'],
  ['--before-snapshot-root-action=SCRIPT', '--persist-action-script', '--action-command-mode=optional'],
  ['--after-snapshot-root-action=run.sh a'],
  ['--after-folder-action='],
  ['--keep-daily=inherit', '--remove-ignore=a', '--clear-dot-ignore', '--inherit=true'],
  [
    '--snapshot-interval=0s',
    '--snapshot-time=inherit',
    '--snapshot-time-crontab=inherit',
    '--run-missed=inherit',
  ],
  ['--manual'],
];

describe.skipIf(!findTool('kopia'))(titleFor('kopia', 'the flags of `policy set`'), () => {
  test('mean the same to kopia and to us', async () => {
    using kopia = openTool('kopia');
    using cli = openCli();
    const env = { KOPIA_CONFIG_PATH: kopia.env['KOPIA_CONFIG_PATH'] ?? '' };
    const create = [
      'repository',
      'create',
      'filesystem',
      '--path',
      cli.path('repository'),
      '--no-use-keyring',
    ];
    kopia.mustRun(create);
    writeFileSync(cli.path('script'), '#!/bin/sh\necho "é<>"\n');
    kopia.mustRun([
      'policy',
      'set',
      'me@host',
      '--add-ignore=c',
      '--add-only-compress=.log',
      '--snapshot-time=1:00',
    ]);
    for (const step of EVERYTHING) {
      const flags = step.map((flag) => flag.replace('SCRIPT', cli.path('script')));
      kopia.mustRun(['policy', 'set', 'me@host:/theirs', ...flags]);
      await cli.mustRun(['policy', 'set', 'me@host:/ours', ...flags], { env });
      const theirs = kopia.mustRun(['policy', 'show', 'me@host:/theirs', '--json']);
      expect({ step, json: kopia.mustRun(['policy', 'show', 'me@host:/ours', '--json']) }).toEqual({
        step,
        json: theirs,
      });
      const show = ['policy', 'show', '--json'];
      expect({ step, json: await cli.mustRun([...show, 'me@host:/theirs'], { env }) }).toEqual({
        step,
        json: theirs,
      });
      expect(await cli.json([...show, 'me@host:/ours/below'], { env })).toEqual(
        JSON.parse(kopia.mustRun([...show, 'me@host:/theirs/below'])),
      );
    }
  }, 120_000);

  test('kopia passes over what only we know', async () => {
    using kopia = openTool('kopia');
    using cli = openCli();
    const env = { KOPIA_CONFIG_PATH: kopia.env['KOPIA_CONFIG_PATH'] ?? '' };
    kopia.mustRun([
      'repository',
      'create',
      'filesystem',
      '--path',
      cli.path('repository'),
      '--no-use-keyring',
    ]);
    const flags = ['--reread-changed-files=true', '--keep-latest=2'];
    await cli.mustRun(['policy', 'set', 'me@host:/data', ...flags], { env });
    const show = ['policy', 'show', 'me@host:/data', '--json'];
    expect(await cli.json(show, { env })).toMatchObject({ holdfast: { rereadChangedFiles: true } });
    expect(JSON.parse(kopia.mustRun(show))).toMatchObject({ retention: { keepLatest: 2 } });
  }, 60_000);
});
