import { createHash } from 'node:crypto';
import { type ContentSink, createSplitter, parseContentId } from '@holdfast/repository';
import { expect, it } from 'vitest';
import { ROOT_SCOPE } from '../ignore/scope.ts';
import { type DirectoryEntry, encodeEntry } from '../snapshot/entry.ts';
import { byteNameFromText } from '../snapshot/names.ts';
import { totalsOf } from '../snapshot/totals.ts';
import { DirectoryObject } from './directory-object.ts';
import { OpenDirectory } from './open-directory.ts';
import { nothingRemains } from './remaining-names.ts';
import type { DirectoryReply } from './tasks.ts';

const ATTRIBUTES = { mode: 0o644, size: 0, mtimeNs: 0n, uid: 0, gid: 0 };

function fileEntry(name: string): DirectoryEntry {
  return { name: byteNameFromText(name), type: 'f', ...ATTRIBUTES, objectId: '0123' };
}

/** Stores in `stored`, by the ID. */
function mapSink(stored: Map<string, string>): ContentSink {
  return {
    write: (prefix, data) => {
      const id = parseContentId(`${prefix}${createHash('sha256').update(data).digest('hex').slice(0, 32)}`);
      stored.set(id, Buffer.from(data).toString());
      return Promise.resolve(id);
    },
  };
}

it.each([0, 1, 2, 3])(
  'a checkpoint has each file once, with %i of three pieces added already',
  async (count) => {
    const files = ['a', 'b', 'c'].map(fileEntry);
    const pieces = files.map((file) => ({
      kind: 'entries' as const,
      json: new Uint8Array(Buffer.from(encodeEntry(file), 'latin1')),
    }));
    const reply: DirectoryReply = {
      kind: 'directory',
      finished: undefined,
      directories: [],
      scope: ROOT_SCOPE,
      pieces,
      totals: totalsOf(files),
      failed: [],
      changed: [],
      records: new Uint8Array(),
      remaining: nothingRemains(),
      extra: undefined,
    };
    const stored = new Map<string, string>();
    const sink = mapSink(stored);
    const object = new DirectoryObject({
      sink,
      splitter: createSplitter('FIXED-1M'),
      metadataCompressor: '',
    });
    const name = byteNameFromText('root');
    const found = { name, visibleName: name, attributes: ATTRIBUTES, extra: undefined, previous: [], reply };
    const open = new OpenDirectory(found, object, reply, undefined);
    for (const { json } of pieces.slice(0, count)) {
      await object.addEncoded(json);
      open.pieceAdded();
    }
    const { objectId, summary } = await open.checkpoint(sink, 'checkpoint');
    const saved = JSON.parse(stored.get(objectId) ?? '') as { entries: { name: string }[] };
    expect(saved.entries.map((entry) => entry.name)).toEqual(['a', 'b', 'c']);
    expect(summary).toMatchObject({ files: 3, incomplete: 'checkpoint' });
  },
);
