import { Worker } from 'node:worker_threads';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { workerOptions } from '../worker-entry.ts';
import { OwnContents } from './own-contents.ts';

const keys = fc.uint8Array({ minLength: 17, maxLength: 33 });

/** What two keys share that count as one content: the letter and the last 16 bytes. */
function identity(key: Uint8Array): string {
  return `${key[0]} ${Buffer.from(key.subarray(-16)).toString('hex')}`;
}

describe('contents of this session', () => {
  test('are known once added, as in a set', () => {
    fc.assert(
      fc.property(fc.array(keys, { maxLength: 100 }), fc.array(keys), (added, asked) => {
        const own = OwnContents.create(256);
        const model = new Set<string>();
        for (const key of added) {
          expect(own.has(key)).toBe(model.has(identity(key)));
          expect(own.add(key)).toBe(!model.has(identity(key)));
          model.add(identity(key));
        }
        for (const key of [...added, ...asked]) expect(own.has(key)).toBe(model.has(identity(key)));
        expect(own.count).toBe(model.size);
      }),
    );
  });

  test('with the same hash but another prefix are others', () => {
    const own = OwnContents.create(16);
    const key = new Uint8Array(17).fill(7);
    own.add(key);
    expect(own.has(Uint8Array.of(0x6b, ...key.subarray(1)))).toBe(false);
  });

  test('are forgotten by clear', () => {
    const own = OwnContents.create(16);
    own.add(new Uint8Array(17).fill(7));
    own.clear();
    expect(own.count).toBe(0);
    expect(own.has(new Uint8Array(17).fill(7))).toBe(false);
  });

  test('that find no room are written once more rather than not at all', () => {
    const own = OwnContents.create(4);
    const key = (i: number): Uint8Array => new Uint8Array(17).fill(i + 1);
    for (let i = 0; i < 8; i++) expect(own.add(key(i))).toBe(true);
    expect(own.add(key(20))).toBe(true);
    expect(own.has(key(20))).toBe(false);
    expect(own.has(key(3))).toBe(true);
  });

  test('are claimed by exactly one of several threads', async () => {
    const own = OwnContents.create(4000);
    const totals = await Promise.all([0, 1, 2].map(async () => await claimInThread(own.memory, 2000)));
    expect(totals.reduce((sum, count) => sum + count, 0)).toBe(2000);
    expect(own.count).toBe(2000);
  });
});

/** Adds `count` contents in a thread of its own; says how many were new to it. */
async function claimInThread(memory: SharedArrayBuffer, count: number): Promise<number> {
  const source = `
    import { createHash } from 'node:crypto';
    import { parentPort, workerData } from 'node:worker_threads';
    const { OwnContents } = await import(workerData.module);
    const own = new OwnContents(workerData.memory);
    let claimed = 0;
    for (let i = 0; i < workerData.count; i++) {
      if (own.add(createHash('sha256').update(String(i)).digest())) claimed++;
    }
    parentPort.postMessage(claimed);`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
    ...workerOptions(),
    workerData: { memory, count, module: new URL('./own-contents.ts', import.meta.url).href },
  });
  return await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
