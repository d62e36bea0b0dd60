import { randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';

import { describe, expect, it } from 'vitest';

import { attachBloomFilter, createBloomFilter } from './bloom.ts';

const KEYS = 20_000;
const keys = (): Uint8Array[] => Array.from({ length: KEYS }, () => Uint8Array.of(0, ...randomBytes(16)));

describe('BloomFilter', () => {
  it('knows all that was added and little else', () => {
    const filter = createBloomFilter(KEYS * 2);
    const added = keys();
    for (const key of added) filter.add(key);
    expect(added.every((key) => filter.mayContain(key))).toBe(true);
    const falsePositives = keys().filter((key) => filter.mayContain(key)).length;
    // 16 bits a key: 0.2 % expected, so about 40.
    expect(falsePositives).toBeLessThan(150);
  });

  it('tells prefix letters apart and takes keys out of larger arrays', () => {
    const filter = createBloomFilter(KEYS * 2);
    const added = keys();
    for (const key of added) filter.add(Buffer.concat([randomBytes(5), key]), 5);
    expect(added.every((key) => filter.mayContain(key))).toBe(true);
    const relabelled = added.map((key) => Uint8Array.of(0x6b, ...key.subarray(1)));
    expect(relabelled.filter((key) => filter.mayContain(key)).length).toBeLessThan(150);
  });

  it('has room for something however few bytes it gets', () => {
    const filter = createBloomFilter(1);
    const [key = new Uint8Array(17)] = keys();
    expect(filter.mayContain(key)).toBe(false);
    filter.add(key);
    expect(filter.mayContain(key)).toBe(true);
  });

  it('loses nothing when threads add at once', async () => {
    // One block: every add of every thread goes to the same words.
    const filter = createBloomFilter(32);
    const bit = (thread: number, word: number): Uint8Array => {
      const key = new Uint8Array(17).fill(thread);
      key.set([0, 0, 0, 0, 0], 0);
      key[5 + word] = 8 + thread;
      return key;
    };
    const source = `
      const { workerData } = require('node:worker_threads');
      import(workerData.module).then(({ attachBloomFilter }) => {
        const filter = attachBloomFilter(workerData.memory);
        for (const key of workerData.keys) filter.add(key);
      });`;
    const groups = [1, 2, 3].map((thread) => Array.from({ length: 8 }, (_, word) => bit(thread, word)));
    const module = new URL('./bloom.ts', import.meta.url).href;
    await Promise.all(
      groups.map(async (group) => {
        const workerData = { module, memory: filter.memory, keys: group };
        const worker = new Worker(source, { eval: true, workerData });
        await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
      }),
    );
    const here = attachBloomFilter(filter.memory);
    expect(groups.flat().every((key) => here.mayContain(key))).toBe(true);
    const other = bit(4, 0);
    expect(here.mayContain(other)).toBe(false);
  });
});
