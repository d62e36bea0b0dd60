import { ObjectWriter, type GoJsonObject, parseGoJson, stringifyGo } from '@holdfast/repository';

import type { DirectoryStorage } from '../backup/directory-object.ts';
import { type DirectoryEntry, encodeEntry } from '../snapshot/entry.ts';
import { type ByteName, byteNameFromText } from '../snapshot/names.ts';

const PREFIX = byteNameFromText('.INVALID.');

/** Stores a small file that tells of an entry that is lost, and returns its entry.
 *  Source: kopia snapshot/snapshotfs/dir_rewriter.go. */
export async function storeStub(
  entry: DirectoryEntry,
  error: string,
  storage: DirectoryStorage,
): Promise<DirectoryEntry> {
  const { sink, splitter, metadataCompressor } = storage;
  const text = stringifyGo(stubOf(entry, error), '    ');
  const options = { compressor: '', metadataCompressor, splitter, listSplitter: splitter };
  const writer = new ObjectWriter(sink, { prefix: '', ...options });
  await writer.append(Buffer.from(`${text}\n`));
  const { objectId, length } = await writer.finish();
  const { name, mode, mtimeNs, uid, gid } = entry;
  const rawName = entry.extra?.rawName;
  return {
    name: invalidName(name),
    type: 'f',
    mode: mode & 0o777,
    size: length,
    mtimeNs,
    uid,
    gid,
    objectId,
    ...(rawName !== undefined && { extra: { rawName: invalidName(rawName) } }),
  };
}

function stubOf(entry: DirectoryEntry, error: string): GoJsonObject {
  return {
    info: 'Holdfast replaced the original entry with this stub because of an error.',
    error,
    entry: parseGoJson(Buffer.from(encodeEntry(entry), 'latin1').toString('utf8')),
  };
}

function invalidName(name: ByteName): ByteName {
  // Two byte strings make one.
  return `${PREFIX}${name}` as ByteName;
}
