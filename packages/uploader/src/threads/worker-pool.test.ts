import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import { createMemoryStorage, createRepository, type Repository, systemClock } from '@holdfast/repository';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../repository/src/testing/temporary-directory.ts';
import type { FilesTask } from '../backup/tasks.ts';
import { EMPTY_POLICY } from '../policy/policy.ts';
import { byteNameFromText } from '../snapshot/names.ts';
import { withWorkers } from '../snapshots/start-workers.ts';
import { WorkerPool } from './worker-pool.ts';

/** What `expression` says of Node's report on a process with a thread that nobody has taken yet. */
function reported(expression: string): string {
  const program = `
    const { Worker } = await import('node:worker_threads');
    const { workerOptions } = await import('@holdfast/repository/threads');
    const thread = new Worker(new URL(${JSON.stringify(new URL('worker.ts', import.meta.url).href)}), workerOptions());
    thread.unref();
    const report = () => process.report.getReport();
    setTimeout(() => console.log(${expression}), 1500);`;
  const args = [...process.execArgv, '--input-type=module', '-e', program];
  return execFileSync(process.execPath, args, { encoding: 'utf8', cwd: import.meta.dirname });
}

// Ended while it loads a native package, a thread took the process with it.
// It ends with the process, whatever it is doing.
it('a thread that nobody has taken yet has loaded nothing native', () => {
  const loaded = reported("report().sharedObjects.join(' ')");
  expect(loaded).toContain('libc.so');
  expect(loaded).not.toMatch(/koffi|sodium/);
});

it("a thread keeps the environment out of Node's reports", () => {
  expect(reported('report().workers.map((each) => Object.keys(each)).join()')).toMatch(
    /^(?!.*environmentVariables).*libuv/,
  );
});

it('threads can be ended at any moment of their start', async () => {
  using directory = temporaryDirectory();
  const repository = await repositoryBeside(directory.path);
  const ended: number[] = [];
  for (let ms = 60; ms < 200; ms += 2) {
    await withWorkers(repository, { writer: undefined }, async () => await sleep(ms));
    ended.push(ms);
  }
  expect(ended).toHaveLength(70);
  await repository.close();
});

// The page map of a process is 256 GiB long.
describe.runIf(process.platform === 'linux')('a thread that reads without end', () => {
  it('leaves the file when it is interrupted', async () => {
    using directory = temporaryDirectory();
    const { pool } = await poolBeside(directory.path);
    const reading = pool.run(filesTask('comm', 'pagemap'));
    reading.catch(() => undefined); // rejected when the pool fails
    await hashedSome(pool);
    pool.interrupt();
    await pool.pause();
    pool.fail(new Error('interrupted'));
    await expect(reading).rejects.toThrow('interrupted');
    await pool.close();
  });

  it('does not hold up a pool that another thread has died of', async () => {
    using directory = temporaryDirectory();
    const { pool, indexFiles } = await poolBeside(directory.path);
    const tasks = [pool.run(filesTask('comm', 'pagemap')), pool.run(filesTask('comm'))];
    await hashedSome(pool);
    indexFiles.current = ['/nowhere/index'];
    tasks.push(pool.run(filesTask('comm')), pool.run(filesTask('comm')));
    const results = await Promise.allSettled(tasks);
    expect(results.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'THREAD_DIED' } });
    expect(results[0]).toMatchObject({ status: 'rejected', reason: { code: 'THREAD_DIED' } });
    await pool.close();
  });
});

async function repositoryBeside(directory: string): Promise<Repository> {
  return await createRepository({
    storage: createMemoryStorage({ clock: systemClock }),
    password: 'password',
    cacheDirectory: path.join(directory, 'cache'),
    client: { username: 'me', hostname: 'here' },
  });
}

/** Two threads, and the index files that they are told of with the next task. */
async function poolBeside(
  directory: string,
): Promise<{ readonly pool: WorkerPool; readonly indexFiles: { current: readonly string[] } }> {
  const repository = await repositoryBeside(directory);
  const { contents } = repository.writer();
  const indexFiles: { current: readonly string[] } = { current: repository.indexView.paths };
  const pool = new WorkerPool({
    workers: 2,
    format: repository.contentFormat,
    maxChunk: repository.splitter().maxChunk,
    indexPageBytes: repository.budget.indexPageBytes,
    writer: contents.memory,
    indexFiles: () => indexFiles.current,
    onHandoff: (handoff) => contents.accept(handoff),
    onStarved: () => contents.relieve(),
    packs: {
      isLocal: true,
      path: () => Promise.resolve(undefined),
      read: () => Promise.reject(),
      reread: () => Promise.resolve(undefined),
    },
    clock: systemClock,
  });
  return { pool, indexFiles };
}

function filesTask(...names: readonly string[]): FilesTask {
  return {
    kind: 'files',
    path: `/proc/${process.pid}`,
    relativePath: '',
    policy: EMPTY_POLICY,
    rehash: { percent: 0, seed: 0 },
    names: names.map(byteNameFromText),
    visibleNames: new Map(),
    previous: [],
  };
}

/** Until a file is being read. */
async function hashedSome(pool: WorkerPool): Promise<void> {
  while (pool.counters.hashedFiles === 0) await sleep(20);
}
