import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { scratchDirectory } from '../testing/scratch-directory.ts';
import { nativeCalls } from './native.ts';
import { openDirHandle } from './path.ts';

const modules = {
  list: new URL('list.ts', import.meta.url).href,
  path: new URL('path.ts', import.meta.url).href,
  stat: new URL('stat.ts', import.meta.url).href,
  times: new URL('times.ts', import.meta.url).href,
  xattr: new URL('xattr.ts', import.meta.url).href,
};

/** Stats every file of a directory over and over, and gives each of its own files a time of its own. */
const workerSource = `
  const { parentPort, workerData } = require('node:worker_threads');
  void (async () => {
    const { listNames } = await import('${modules.list}');
    const { openDirHandle } = await import('${modules.path}');
    const { lstatAt } = await import('${modules.stat}');
    const { setTimesAt } = await import('${modules.times}');
    const { readXattrs } = await import('${modules.xattr}');
    const dir = openDirHandle(workerData.path);
    let wrong = 0;
    for (let round = 0; round < 40; round++) {
      const list = listNames(dir);
      for (let i = 0; i < list.length; i++) {
        const name = list.name(i);
        const stat = lstatAt(dir, name);
        if (stat.size !== Number(name.split('-')[0])) wrong++;
        if (readXattrs(dir.child(name)).length !== 0) wrong++;
        if (name.endsWith('-' + workerData.id)) {
          const timeNs = BigInt(round * 1000 + workerData.id);
          setTimesAt(dir.child(name), timeNs);
          if (lstatAt(dir, name).mtimeNs !== timeNs) wrong++;
        }
        try { lstatAt(dir, 'missing'); wrong++; } catch (error) { if (error.code !== 'ENOENT') wrong++; }
        try { setTimesAt(dir.child(name) + '/x', 0n); wrong++; } catch (error) { if (error.code !== 'ENOTDIR') wrong++; }
      }
    }
    dir.close();
    parentPort.postMessage(wrong);
  })();
`;

describe('native calls', () => {
  it.runIf(process.platform === 'linux')('are all there on Linux', () => {
    expect(nativeCalls()).toBeDefined();
  });

  it('keep their results and errors apart in several threads', async () => {
    using scratch = scratchDirectory();
    const dir = openDirHandle(scratch.path);
    for (let i = 0; i < 40; i++) writeFileSync(dir.child(`${i * 10}-${i % 4}`), 'x'.repeat(i * 10));
    const wrong = await Promise.all([0, 1, 2, 3].map((id) => runWorker(scratch.path, id)));
    expect(wrong).toEqual([0, 0, 0, 0]);
  });

  it('are done without when koffi is missing', () => {
    using scratch = scratchDirectory();
    expect(execFileSync(process.execPath, ['-e', withoutKoffi(scratch.path)], { encoding: 'utf8' })).toBe(
      'undefined file 1500000000 0 [{"start":0,"end":5}] ENOTSUP\n',
    );
  });
});

async function runWorker(path: string, id: number): Promise<unknown> {
  const worker = new Worker(workerSource, { eval: true, workerData: { path, id } });
  try {
    return await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  } finally {
    await worker.terminate();
  }
}

/** A program that lists, stats, sets a time, reads attributes and holes with a module loader that has no koffi. */
function withoutKoffi(path: string): string {
  return `
    const Module = require('node:module');
    const load = Module._load;
    Module._load = (name, ...rest) => { if (name === 'koffi') throw new Error('no koffi'); return load(name, ...rest); };
    const fs = require('node:fs');
    void (async () => {
      const at = ${JSON.stringify(new URL('.', import.meta.url).href)};
      const { nativeCalls } = await import(at + 'native.ts');
      const { openDirHandle } = await import(at + 'path.ts');
      const { listNames } = await import(at + 'list.ts');
      const { lstatAt } = await import(at + 'stat.ts');
      const { setTimesAt } = await import(at + 'times.ts');
      const { readXattrs } = await import(at + 'xattr.ts');
      const { dataExtents } = await import(at + 'extents.ts');
      const { makeSpecial } = await import(at + 'entries.ts');
      const dir = openDirHandle(${JSON.stringify(path)});
      fs.writeFileSync(dir.child('f'), 'hello');
      setTimesAt(dir.child('f'), 1_500_000_000n);
      const name = listNames(dir).name(0);
      const extents = JSON.stringify([...dataExtents(fs.openSync(dir.child('f')), 5)]);
      let refusal;
      try { makeSpecial({ kind: 'fifo', rdev: 0 }, dir.child('fifo'), false); } catch (error) { refusal = error.code; }
      console.log(nativeCalls(), listNames(dir).kind(0), String(lstatAt(dir, name).mtimeNs), readXattrs(dir.child('f')).length, extents, refusal);
    })();
  `;
}
