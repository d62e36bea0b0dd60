import { basename, dirname } from 'node:path';

import type { RepositoryWriter } from '@holdfast/repository';

import { largeFileEntry } from '../backup/large-file.ts';
import { entryExtra } from '../backup/entry-extra.ts';
import { type DirectoryToUpload, type TreeUpload, workerSink } from '../backup/tree-upload.ts';
import { uploadDirectoryTree } from '../backup/upload-tree.ts';
import { DirectoryObject } from '../backup/directory-object.ts';
import { UploaderError } from '../errors.ts';
import { bytePath, nodePath, openDirHandle } from '../filesystem/path.ts';
import { type FileStat, lstat } from '../filesystem/stat.ts';
import { ROOT_SCOPE, withPolicy } from '../ignore/scope.ts';
import { metadataCompressor } from '../policy/compression.ts';
import type { PolicyTree } from '../policy/tree.ts';
import { decodeEntry, type DirectoryEntry } from '../snapshot/entry.ts';
import { byteNameFromText } from '../snapshot/names.ts';

/** What the root of a snapshot is made of. */
export interface RootToUpload {
  /** Absolute, without symbolic links. */
  readonly path: string;
  readonly policies: PolicyTree;
  /** Roots of previous snapshots, the one to prefer first. */
  readonly previous: readonly DirectoryEntry[];
}

/** Uploads a directory with everything below it, or one file, and returns the entry of it. */
export async function uploadRoot(upload: TreeUpload, root: RootToUpload): Promise<DirectoryEntry> {
  const path = bytePath(root.path);
  const stat = lstat(nodePath(path));
  if (stat.kind === 'directory') return await uploadRootDirectory(upload, root, path, stat);
  if (stat.kind === 'file') return await uploadRootFile(upload, root);
  throw new UploaderError(
    'SOURCE_INVALID',
    `${root.path} is neither a directory nor a file, so there is nothing to save`,
  );
}

async function uploadRootDirectory(
  upload: TreeUpload,
  { path: text, policies, previous }: RootToUpload,
  path: string,
  { mode, mtimeNs, uid, gid }: FileStat,
): Promise<DirectoryEntry> {
  const name = byteNameFromText(basename(text) || '/');
  const parent = openDirHandle(bytePath(dirname(text)));
  try {
    const isSystemRoot = text === '/';
    const stat = lstat(nodePath(path));
    const extra = isSystemRoot ? undefined : entryExtra(parent, name, name, stat);
    const directory: DirectoryToUpload = {
      found: {
        name,
        visibleName: name,
        attributes: { mode, size: 0, mtimeNs, uid, gid },
        extra,
        previous: previous.filter(({ type }) => type === 'd').map(({ objectId }) => objectId),
        reply: undefined,
      },
      path,
      relativePath: '',
      policies,
      scope: withPolicy(ROOT_SCOPE, policies.policy),
    };
    return await uploadDirectoryTree(upload, directory, undefined);
  } finally {
    parent.close();
  }
}

async function uploadRootFile(upload: TreeUpload, root: RootToUpload): Promise<DirectoryEntry> {
  const name = byteNameFromText(basename(root.path));
  const directory = dirname(root.path);
  const reply = await upload.pool.run({
    kind: 'files',
    path: bytePath(directory),
    relativePath: '',
    policy: root.policies.policy,
    rehash: upload.rehash,
    names: [name],
    visibleNames: new Map(),
    previous: root.previous.filter(({ type }) => type === 'f').map((entry) => ({ ...entry, name })),
  });
  const [failure] = reply.failed;
  if (failure !== undefined) throw new UploaderError('FILE_FAILED', `${root.path}: ${failure.error}`);
  for (const changed of reply.changed) upload.onChanged(changed);
  const [piece] = reply.pieces;
  if (piece?.kind === 'large')
    return await largeFileEntry(
      upload,
      { path: bytePath(directory), relativePath: '' },
      root.policies.policy,
      piece.file,
    );
  if (piece?.kind === 'entries') return decodeRoot(piece.json);
  throw new UploaderError('FILE_FAILED', `${root.path} is left out by the policy's size limit`);
}

function decodeRoot(json: Uint8Array): DirectoryEntry {
  const parsed: unknown = JSON.parse(Buffer.from(json).toString('utf8'));
  return decodeEntry(parsed, { what: 'entry', code: 'DIRECTORY_CORRUPT' });
}

/** Saves a stream as the only file of a directory that exists nowhere else. */
export async function uploadStream(
  upload: TreeUpload,
  writer: RepositoryWriter,
  { policies }: Pick<RootToUpload, 'policies'>,
  stdin: { readonly name: string; readonly stream: AsyncIterable<Uint8Array>; readonly nowNs: bigint },
): Promise<DirectoryEntry> {
  const { policy } = policies;
  const metadata = metadataCompressor(policy) ?? '';
  const file = writer.object(policy.compression.compressorName ?? '');
  for await (const chunk of stdin.stream) {
    upload.signal?.throwIfAborted();
    await file.append(chunk);
  }
  const { objectId, length } = await file.finish();
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mtimeNs: stdin.nowNs };
  const name = byteNameFromText(stdin.name);
  const entry: DirectoryEntry = { name, type: 'f', mode: 0o644, size: length, ...owner, objectId };
  const object = new DirectoryObject({
    sink: workerSink(upload.pool),
    splitter: upload.splitter,
    metadataCompressor: metadata,
  });
  await object.addEntry(entry);
  const saved = await object.finish({ mtimeNs: stdin.nowNs });
  return { name: byteNameFromText('stdin'), type: 'd', mode: 0o755, size: 0, ...owner, ...saved };
}
