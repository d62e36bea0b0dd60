import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createSplitter, parseContentId } from '@holdfast/repository/worker';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../../repository/src/testing/temporary-directory.ts';
import { ROOT_SCOPE } from '../ignore/scope.ts';
import { EMPTY_POLICY, type Policy } from '../policy/policy.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import { byteNameFromText } from '../snapshot/names.ts';
import type { FailedEntry } from '../snapshot/summary.ts';
import { createChunkBuffer } from '../threads/chunk-buffer.ts';
import { createCounterMemory, WorkerCounters } from '../threads/counters.ts';
import type { ThreadContext } from '../threads/thread-context.ts';
import type { TreeUpload } from './tree-upload.ts';
import { uploadDirectory } from './upload-directory-task.ts';
import { uploadDirectoryTree } from './upload-tree.ts';

it('a directory that vanishes while its parent is saved fails alone', async () => {
  const { entry, failures } = await saveWhileOneVanishes(EMPTY_POLICY);
  expect(entry.summary).toMatchObject({ files: 1, dirs: 2, numFailed: 1, numIgnoredErrors: 0 });
  expect(failures).toEqual([expect.stringMatching(/^gone: ENOENT/)]);
});

it('its own policy says whether it counts', async () => {
  const policy = { ...EMPTY_POLICY, errorHandling: { ignoreDirectoryErrors: true } };
  const { entry } = await saveWhileOneVanishes(policy);
  expect(entry.summary).toMatchObject({ numFailed: 0, numIgnoredErrors: 1 });
});

/** Saves a directory that loses one of its subdirectories after it was listed. */
async function saveWhileOneVanishes(
  policy: Policy,
): Promise<{ readonly entry: DirectoryEntry; readonly failures: readonly string[] }> {
  using directory = temporaryDirectory();
  for (const name of ['gone', 'kept']) mkdirSync(path.join(directory.path, name));
  writeFileSync(path.join(directory.path, 'file'), 'text');
  const place = { path: directory.path, relativePath: '', policy, scope: ROOT_SCOPE };
  const found = { attributes: { mode: 0o755, size: 0, mtimeNs: 0n, uid: 0, gid: 0 }, previous: [] };
  let isGone = false;
  const context = storingContext(() => {
    if (!isGone) rmdirSync(path.join(directory.path, 'gone'));
    isGone = true;
  });
  const reply = await uploadDirectory(context, {
    kind: 'directory',
    ...place,
    ...found,
    rehash: { percent: 0, seed: 0 },
    isUniform: true,
  });
  const failures: string[] = [];
  const name = byteNameFromText('root');
  const entry = await uploadDirectoryTree(
    mainThread((failure) => failures.push(failure)),
    {
      ...place,
      found: { ...found, name, visibleName: name, extra: undefined, reply },
      policies: { policy, isDefined: true, children: new Map() },
    },
    undefined,
  );
  return { entry, failures };
}

const CONTENT_ID = parseContentId('0123456789abcdef0123456789abcdef');

/** A thread that stores nothing. */
function storingContext(onStored: () => void): ThreadContext {
  const splitter = createSplitter('FIXED-1M');
  const context = {
    encoder: {
      write: () => {
        onStored();
        return CONTENT_ID;
      },
    },
    chunk: createChunkBuffer(splitter.maxChunk, 0),
    splitter: () => splitter,
    counters: new WorkerCounters(createCounterMemory(1), 0),
  };
  // All that uploading this directory needs.
  return context as unknown as ThreadContext;
}

function mainThread(onFailure: (failure: string) => void): TreeUpload {
  const upload = {
    pool: { run: () => Promise.resolve({ kind: 'content', contentId: CONTENT_ID }) },
    splitter: createSplitter('FIXED-1M'),
    previousEntries: async function* () {},
    onRootOpened: () => undefined,
    onRecords: () => undefined,
    onChanged: () => undefined,
    onFailure: ({ path: failed, error }: FailedEntry) => onFailure(`${failed}: ${error}`),
  };
  // All that putting a directory together needs.
  return upload as unknown as TreeUpload;
}
