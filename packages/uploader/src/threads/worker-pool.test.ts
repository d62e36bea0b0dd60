import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import { createMemoryStorage, createRepository, systemClock } from '@holdfast/repository';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../../repository/src/testing/temporary-directory.ts';
import { withWorkers } from '../snapshots/start-workers.ts';

// Ended while it loads a native package, a thread took the process with it.
// It ends with the process, whatever it is doing.
it('a thread that nobody has taken yet has loaded nothing native', () => {
  const program = `
    const { prepareThread } = await import(${JSON.stringify(new URL('spare-thread.ts', import.meta.url).href)});
    prepareThread();
    setTimeout(() => console.log(process.report.getReport().sharedObjects.join(' ')), 1500);`;
  const args = [...process.execArgv, '--input-type=module', '-e', program];
  const loaded = execFileSync(process.execPath, args, { encoding: 'utf8' });
  expect(loaded).toContain('libc.so');
  expect(loaded).not.toMatch(/koffi|sodium/);
});

it('threads can be ended at any moment of their start', async () => {
  using directory = temporaryDirectory();
  const repository = await createRepository({
    storage: createMemoryStorage({ clock: systemClock }),
    password: 'password',
    cacheDirectory: path.join(directory.path, 'cache'),
    client: { username: 'me', hostname: 'here' },
  });
  const ended: number[] = [];
  for (let ms = 60; ms < 200; ms += 2) {
    await withWorkers(repository, { writer: undefined }, async () => await sleep(ms));
    ended.push(ms);
  }
  expect(ended).toHaveLength(70);
  await repository.close();
});
