import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createMemoryStorage, createRepository, systemClock } from '@holdfast/repository';
import { createSplitter, directObjectId, parseContentId } from '@holdfast/repository/worker';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../repository/src/testing/temporary-directory.ts';
import { openDirHandle } from '../filesystem/path.ts';
import { EMPTY_POLICY } from '../policy/policy.ts';
import { byteNameFromText } from '../snapshot/names.ts';
import { savePolicy } from '../snapshots/snapshot-store.ts';
import type { UploadResult } from '../snapshots/upload-options.ts';
import { uploadSnapshot } from '../snapshots/upload-snapshot.ts';
import { createChunkBuffer } from '../threads/chunk-buffer.ts';
import { createCounterMemory, sumCounters, WorkerCounters } from '../threads/counters.ts';
import type { ThreadContext } from '../threads/thread-context.ts';
import { uploadEntries } from './entries-upload.ts';
import { DecodedFiles } from './previous-files.ts';

const REREAD = { ...EMPTY_POLICY, holdfast: { rereadChangedFiles: true } };

describe('a file that is written to while it is read', () => {
  it('is read once more where the policy says so', async () => {
    const { entry, counters } = await saveOne(REREAD, [(file) => appendFileSync(file, ' and more')]);
    expect(entry).toMatchObject({ obj: idOf('text and more'), size: 13 });
    expect(counters).toMatchObject({ hashedFiles: 1, hashedBytes: 4 + 13, changedFiles: 0 });
  });

  it('is read twice at most, and told of when it changed again', async () => {
    const append = (file: string): void => appendFileSync(file, '+');
    const { entry, counters } = await saveOne(REREAD, [append, append, append]);
    expect(entry).toMatchObject({ obj: idOf('text+') });
    expect(counters).toMatchObject({ hashedBytes: 4 + 5, changedFiles: 1 });
  });

  it('is read once without such a policy', async () => {
    const { entry, counters } = await saveOne(EMPTY_POLICY, [(file) => appendFileSync(file, '+')]);
    expect(entry).toMatchObject({ obj: idOf('text') });
    expect(counters).toMatchObject({ hashedBytes: 4, changedFiles: 1 });
  });

  it('counts as it was read first when it is gone', async () => {
    const { entry, counters } = await saveOne(REREAD, [
      (file) => {
        appendFileSync(file, '+');
        rmSync(file);
      },
    ]);
    expect(entry).toMatchObject({ obj: idOf('text') });
    expect(counters).toMatchObject({ changedFiles: 1, failedFiles: 0 });
  });

  it.each([
    ['small', 40 << 20],
    ['large', 56 << 20],
  ])('never stops a snapshot: a %s one whose writer does not rest', async (_, size) => {
    expect(await saveBesideWriter(size, false)).toMatchObject({
      changedCount: 1,
      changed: ['file'],
      progress: { hashedBytes: size },
    });
    expect(await saveBesideWriter(size, true)).toMatchObject({
      changedCount: 1,
      failedCount: 0,
      progress: { hashedFiles: 1, hashedBytes: 2 * size },
    });
  });
});

/** Saves a file that says `text`; the nth content that is stored is followed by the nth change. */
async function saveOne(
  policy: typeof EMPTY_POLICY,
  changes: ((file: string) => void)[],
): Promise<{ entry: unknown; counters: unknown }> {
  using directory = temporaryDirectory();
  const file = path.join(directory.path, 'file');
  writeFileSync(file, 'text');
  const memory = createCounterMemory(1);
  const context = storingContext(memory, () => changes.shift()?.(file));
  const { pieces } = await uploadEntries(context, openDirHandle(directory.path), {
    path: directory.path,
    relativePath: '',
    policy,
    rehash: { percent: 0, seed: 0 },
    names: [byteNameFromText('file')],
    visibleNames: new Map(),
    isWhole: false,
    previous: new DecodedFiles([]),
  });
  const [piece] = pieces;
  const entry: unknown = piece?.kind === 'entries' ? JSON.parse(Buffer.from(piece.json).toString()) : piece;
  return { entry, counters: sumCounters(memory) };
}

/** A thread that stores nothing, whose content IDs are plain hashes. */
function storingContext(memory: SharedArrayBuffer, onStored: () => void): ThreadContext {
  const splitter = createSplitter('FIXED-1M');
  const context = {
    encoder: {
      write: (prefix: string, bytes: Uint8Array) => {
        const id = parseContentId(`${prefix}${sha256(bytes)}`);
        onStored();
        return id;
      },
    },
    chunk: createChunkBuffer(splitter.maxChunk, 0),
    splitter: () => splitter,
    counters: new WorkerCounters(memory, 0),
  };
  // Files are only hashed and counted here.
  return context as unknown as ThreadContext;
}

function idOf(text: string): string {
  return directObjectId(parseContentId(sha256(Buffer.from(text))));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

/** Saves a directory with one file of `size` bytes into which another process writes all the time. */
async function saveBesideWriter(size: number, rereadChangedFiles: boolean): Promise<UploadResult> {
  using directory = temporaryDirectory();
  const tree = path.join(directory.path, 'tree');
  const file = path.join(tree, 'file');
  mkdirSync(tree);
  writeFileSync(file, Buffer.alloc(size, 1));
  const source = { userName: 'me', host: 'here', path: '/data' };
  const repository = await createRepository({
    storage: createMemoryStorage({ clock: systemClock }),
    password: 'password',
    cacheDirectory: path.join(directory.path, 'cache'),
    client: { username: 'me', hostname: 'here' },
    workers: 1,
  });
  await savePolicy(repository, source, { ...EMPTY_POLICY, holdfast: { rereadChangedFiles } });
  const script = `const fs = require('node:fs'); const fd = fs.openSync(process.argv[1], 'r+');
    process.stdout.write('writing'); for (;;) fs.writeSync(fd, 'x', 7);`;
  const writer = spawn(process.execPath, ['-e', script, file]);
  try {
    await once(writer.stdout, 'data');
    return await uploadSnapshot(repository, { source, path: tree });
  } finally {
    const ended = once(writer, 'exit');
    writer.kill();
    await ended;
    await repository.close();
  }
}
