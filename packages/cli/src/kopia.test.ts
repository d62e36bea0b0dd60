import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findTool, openTool, titleFor } from '../../../test/support/tools.ts';
import { openCli } from './testing/cli-process.ts';

/** Commands whose JSON must be kopia's. */
const SAME: readonly (readonly string[])[] = [
  ['snapshot', 'list', '--json'],
  ['snapshot', 'list', '--json', '--max-results', '1'],
  ['snapshot', 'list', '--json', '--reverse', '--no-retention'],
  ['snapshot', 'list', '--json', '--reverse', '--max-results', '1'],
  ['snapshot', 'list', '--json', '--storage-stats'],
  ['snapshot', 'list', '--json', '--storage-stats', '--reverse', '--max-results', '1'],
  ['snapshot', 'list', '--json', '--tags', 'a:b'],
  ['snapshot', 'verify', '--json', '--verify-files-percent', '100'],
  ['repository', 'status', '--json'],
  ['policy', 'list', '--json'],
  ['policy', 'show', '--global', '--json'],
  ['policy', 'show', 'bob@elsewhere:/data', '--json'],
  ['manifest', 'list', '--json'],
  ['content', 'list', '--json'],
  ['content', 'list', '--json', '--prefixed'],
  ['content', 'list', '--json', '--prefix', 'k'],
];

/** Commands whose text must be kopia's. */
const SAME_TEXT: readonly (readonly string[])[] = [
  ['snapshot', 'list', '--all'],
  ['snapshot', 'list', '--all', '--storage-stats'],
  ['snapshot', 'list', '--all', '-l', '-m', '--owner', '--mtime', '--no-human-readable'],
  ['content', 'list', '--long'],
];

describe.skipIf(!findTool('kopia'))(titleFor('kopia', 'on one repository, kopia and we'), () => {
  test('print the same', async () => {
    using kopia = openTool('kopia');
    using cli = openCli();
    const env = { KOPIA_CONFIG_PATH: kopia.env['KOPIA_CONFIG_PATH'] ?? '', TZ: 'UTC' };
    kopia.mustRun([
      'repository',
      'create',
      'filesystem',
      '--path',
      cli.path('repository'),
      '--no-use-keyring',
    ]);
    writeTree(cli.path('source'));
    kopia.mustRun([
      'snapshot',
      'create',
      cli.path('source'),
      '--tags',
      'a:b',
      '--pin',
      'p',
      '--description',
      'é<',
    ]);
    writeFileSync(cli.path('source/new'), 'new');
    await cli.mustRun(['policy', 'set', 'bob@elsewhere:/data', '--keep-latest', '3', '--add-ignore', 'x'], {
      env,
    });
    await cli.mustRun(['snapshot', 'create', 'source', '--tags', 'c:d'], { env });
    await cli.mustRun(['snapshot', 'create', 'source', '--override-source', 'bob@elsewhere:/data'], { env });
    for (const args of SAME) {
      const theirs = comparable(JSON.parse(kopia.mustRun(args, { TZ: 'UTC' })));
      const ours = comparable(await cli.json(args, { env }));
      expect({ args, printed: ours }).toEqual({ args, printed: theirs });
    }
    for (const args of SAME_TEXT)
      expect({ args, printed: await cli.mustRun(args, { env }) }).toEqual({
        args,
        printed: kopia.mustRun(args, { TZ: 'UTC' }),
      });
  }, 120_000);

  test('read what the other saved', async () => {
    using kopia = openTool('kopia');
    using cli = openCli();
    writeTree(cli.path('source'));
    await cli.mustRun(['snapshot', 'create', 'source']);
    const config = `--config-file=${cli.path('.config/holdfast/repository.config')}`;
    kopia.mustRun([config, 'snapshot', 'verify', '--verify-files-percent', '100'], { KOPIA_PASSWORD: '' });
    const listed = kopia.mustRun([config, 'snapshot', 'list', '--json'], { KOPIA_PASSWORD: '' });
    const ours = comparable(await cli.json(['snapshot', 'list', '--json']));
    expect(comparable(JSON.parse(listed))).toEqual(ours);
  }, 60_000);
});

/** Without what kopia does not know, and without the space left on the disk, which others use too. */
function comparable(json: unknown): unknown {
  const isLeftOut = (key: string): boolean => key === 'holdfast' || key === 'available';
  return JSON.parse(JSON.stringify(json, (key, value: unknown) => (isLeftOut(key) ? undefined : value)));
}

function writeTree(directory: string): void {
  mkdirSync(`${directory}/sub`, { recursive: true });
  writeFileSync(`${directory}/file`, 'text');
  writeFileSync(`${directory}/sub/file`, 'more');
  symlinkSync('file', `${directory}/link`);
}
