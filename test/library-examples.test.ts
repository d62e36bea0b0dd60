import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '..');

/** The examples of the page, in order, working below `directory` instead of below /tmp. */
async function examples(directory: string): Promise<readonly string[]> {
  const page = await readFile(path.join(root, 'docs/library.md'), 'utf8');
  return [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) =>
    code.replaceAll('/tmp/holdfast-example', directory),
  );
}

describe('docs/library.md', () => {
  let directory = '';
  let outputs: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(path.join(root, 'test/.library-example-'));
    await mkdir(path.join(directory, 'source'));
    await writeFile(path.join(directory, 'source/greeting'), 'good morning');
    outputs = [];
    for (const [i, code] of (await examples(directory)).entries()) {
      const file = path.join(directory, `example-${i}.ts`);
      await writeFile(file, code);
      outputs.push((await run(process.execPath, ['--conditions=source', file])).stdout);
    }
  }, 120_000);

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('creates a repository with our defaults', () => {
    expect(outputs[0]).toBe('HMAC-SHA256-128 AES256-GCM-HMAC-SHA256\n');
  });

  it('reads the object it has written', () => {
    expect(outputs[1]).toBe('Hello, world');
  });

  it('saves the directory', () => {
    expect(outputs[2]).toMatch(/^[0-9a-f]{32} 1 0\n$/);
  });

  it('lists the snapshot and restores it', async () => {
    expect(outputs[3]).toMatch(/^[0-9a-f]{32} before the upgrade\n0\n$/);
    expect(await readFile(path.join(directory, 'restored/greeting'), 'utf8')).toBe('good morning');
  });

  it('changes limits while a call waits', () => {
    expect(outputs[4]).toBe('{ maxUploadSpeedBytesPerSecond: 10000000, concurrentReads: 4 }\n');
  });

  it('tells a tracer of requests', () => {
    expect(outputs[5]).toBe('put z1 1 6 ok\nget z2 1 0 failed\n1 true\n');
  });

  it('stays short', async () => {
    for (const code of await examples('')) expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
  });
});
