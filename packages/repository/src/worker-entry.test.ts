import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { workerOptions, workerUrl } from './worker-entry.ts';

test('names the sibling module with the extension its caller has', () => {
  expect(workerUrl('file:///app/src/upload/pool.ts', './worker').href).toBe(
    'file:///app/src/upload/worker.ts',
  );
  expect(workerUrl('file:///app/dist/pool.js', './worker').href).toBe('file:///app/dist/worker.js');
});

test('a thread started from source resolves workspace packages to their source', async () => {
  const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    parentPort.postMessage(require('node:module').createRequire(workerData).resolve('@holdfast/repository'));`;
  const worker = new Worker(program, { ...workerOptions(), eval: true, workerData: import.meta.url });
  const [resolved] = await once(worker, 'message');
  await worker.terminate();
  expect(resolved).toMatch(/packages\/repository\/src\/index\.ts$/);
});
