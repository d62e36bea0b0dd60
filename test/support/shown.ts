import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@holdfast/repository';
import { expect } from 'vitest';
import type { CliProcess } from '../../packages/cli/src/testing/cli-process.ts';

const LAUNCHER = fileURLToPath(new URL('../../packages/cli/bin/holdfast.js', import.meta.url));

/** What a run showed to anybody. */
export interface Shown {
  readonly code: number | null;
  readonly text: string;
}

/** Runs the command as installed, and looks at what a list of processes shows meanwhile. */
export async function show(
  cli: CliProcess,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Shown> {
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    cwd: cli.directory,
    env: { PATH: process.env['PATH'], HOME: cli.directory, ...env },
  });
  const shown: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => shown.push(text));
  const close = once(child, 'close');
  while ((await Promise.race([close, systemClock.sleep(50)])) === undefined) shown.push(commandLines(child));
  const [code] = await close;
  return { code: typeof code === 'number' ? code : null, text: shown.join('\n') };
}

/** Of the process and of what it started. */
function commandLines({ pid }: ChildProcessWithoutNullStreams): string {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return [String(pid), ...children]
      .filter((each) => each !== '')
      .map((each) => readFileSync(`/proc/${each}/cmdline`, 'utf8'))
      .join('\n');
  } catch {
    // It has ended, or this is no Linux.
    return '';
  }
}

/** Also as they look in URLs and in files that kopia encodes. */
function disguises(secret: string): string[] {
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=+$/, '')];
}

/** None of the secrets is in `text`, in no disguise. */
export function expectNone(text: string, secrets: readonly string[]): void {
  for (const secret of secrets) expect(disguises(secret).filter((form) => text.includes(form))).toEqual([]);
}

/** Everything below the home directory but the files that are there to keep secrets. */
export function otherFiles(directory: string): string {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.config$|\.kopia-password$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}
