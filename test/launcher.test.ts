import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const launcher = fileURLToPath(new URL('../packages/cli/bin/holdfast.js', import.meta.url));
const oldNode = findOldNode();

test('runs the sources of a checkout with no build', async () => {
  expect(await runLauncher(process.execPath, ['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

test.runIf(oldNode)('hands over to the bundled Node when started by an old one', async () => {
  expect(await runLauncher(String(oldNode), ['--version'])).toEqual(
    await runLauncher(process.execPath, ['--version']),
  );
  expect(await runLauncher(String(oldNode), ['--nonsense'])).toMatchObject({ code: 2, stdout: '' });
});

interface Outcome {
  readonly code: unknown;
  readonly stdout: string;
}

async function runLauncher(node: string, args: readonly string[]): Promise<Outcome> {
  const child = spawn(node, [launcher, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const [code] = await once(child, 'close');
  return { code, stdout };
}

/** The first node on PATH that is too old for the program itself. */
function findOldNode(): string | undefined {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'node'));
  return candidates.filter(existsSync).find((node) => {
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' });
    return Number.parseInt(version.slice(1), 10) < 24;
  });
}
