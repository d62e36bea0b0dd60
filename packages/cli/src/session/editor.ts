import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliContext } from '../context.ts';
import { CliError } from '../errors.ts';

/** Lets a person change `text` with $VISUAL, $EDITOR or vi, and returns what they saved. Throws NOTHING_TO_DO when the
 *  editor fails. */
export async function editText({ env, cwd }: CliContext, text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-edit-'));
  try {
    const file = join(directory, 'policy.conf');
    await writeFile(file, text, { mode: 0o600 });
    const editor = (env['VISUAL'] ?? '') || (env['EDITOR'] ?? '') || 'vi';
    // As git does: the variable may hold arguments and quotes, which a shell knows how to read.
    const shell = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], {
      cwd,
      env: { ...env },
      stdio: 'inherit',
    });
    const [code] = await once(shell, 'close');
    if (code !== 0) throw new CliError('NOTHING_TO_DO', `the editor (${editor}) failed; nothing was changed`);
    return await readFile(file, 'utf8');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
