import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, it } from 'vitest';

import { RepositoryError } from '../errors.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { type PackDesk, ThreadPacks } from './thread-packs.ts';

const PACK = Uint8Array.from({ length: 100 }, (_, i) => i);

/** A main thread that has `PACK` under every name, and files for packs in `paths`. */
function deskWith(paths: Readonly<Record<string, string>> = {}) {
  const asked: string[] = [];
  const desk: PackDesk = {
    path(pack) {
      asked.push(`path ${pack}`);
      return paths[pack];
    },
    read(pack, offset, length) {
      asked.push(`read ${pack} ${offset} ${length}`);
      return PACK.slice(offset, offset + length);
    },
    reread({ packBlobId, packOffset, packedLength }) {
      asked.push(`reread ${packBlobId} ${packOffset} ${packedLength}`);
      return packBlobId === 'p1' ? PACK.slice(packOffset, packOffset + packedLength) : undefined;
    },
  };
  return { asked, desk };
}

it('takes what was fetched ahead, without asking', () => {
  const { asked, desk } = deskWith();
  const packs = new ThreadPacks(desk, false);
  const memory = new SharedArrayBuffer(64);
  new Uint8Array(memory).set(PACK.subarray(30, 50), 8);
  packs.use({ memory, ranges: [{ packBlobId: 'p1', offset: 30, length: 20, at: 8 }], failures: [] });
  expect([...packs.read('p1', 30, 20)]).toEqual([...PACK.subarray(30, 50)]);
  expect([...packs.read('p1', 41, 3)]).toEqual([41, 42, 43]);
  expect(asked).toEqual([]);
  // Only what lies in it as a whole, and only while it is there.
  expect([...packs.read('p1', 49, 2)]).toEqual([49, 50]);
  expect([...packs.read('p2', 30, 2)]).toEqual([30, 31]);
  packs.use(undefined);
  packs.read('p1', 30, 2);
  expect(asked).toEqual(['read p1 49 2', 'read p2 30 2', 'read p1 30 2']);
});

it('fails where fetching ahead has failed, without trying again', () => {
  const { asked, desk } = deskWith();
  const packs = new ThreadPacks(desk, false);
  const error = new RepositoryError('BLOB_NOT_FOUND', 'gone', { blob: 'p1' });
  const failures = [{ packBlobId: 'p1', offset: 0, length: 50, error }];
  packs.use({ memory: new SharedArrayBuffer(0), ranges: [], failures });
  expect(() => packs.read('p1', 10, 10)).toThrow(error);
  expect(asked).toEqual([]);
});

it('reads metadata packs from local copies, and goes on when those vanish', () => {
  using directory = temporaryDirectory();
  const [copy, none] = [path.join(directory.path, 'copy'), path.join(directory.path, 'none')];
  writeFileSync(copy, PACK);
  const { asked, desk } = deskWith({ q1: copy, q2: none });
  const packs = new ThreadPacks(desk, false);
  for (const pack of ['q1', 'q1', 'q2', 'q3', 'p4']) expect([...packs.read(pack, 7, 2)]).toEqual([7, 8]);
  expect(asked).toEqual(['path q1', 'path q2', 'read q2 7 2', 'path q3', 'read q3 7 2', 'read p4 7 2']);
});

it('reads every pack from its file where packs are local, and says which one is missing or too short', () => {
  using directory = temporaryDirectory();
  const [file, none] = [path.join(directory.path, 'file'), path.join(directory.path, 'none')];
  writeFileSync(file, PACK);
  const packs = new ThreadPacks(deskWith({ p1: file, p2: none }).desk, true);
  const room = new Uint8Array(10);
  expect(packs.read('p1', 5, 3, (length) => room.subarray(0, length)).buffer).toBe(room.buffer);
  expect([...room.subarray(0, 3)]).toEqual([5, 6, 7]);
  const codeOf = (read: () => void): unknown => {
    try {
      return read();
    } catch (error) {
      return error;
    }
  };
  expect(codeOf(() => packs.read('p1', 95, 6))).toMatchObject({
    code: 'PACK_CORRUPT',
    detail: { blob: 'p1' },
  });
  expect(codeOf(() => packs.read('p2', 0, 1))).toMatchObject({
    code: 'BLOB_NOT_FOUND',
    detail: { blob: 'p2' },
  });
});

it('asks for the bytes of the storage where a local copy is damaged, and only then', () => {
  const { asked, desk } = deskWith();
  const packs = new ThreadPacks(desk, false);
  const place = { key: Uint8Array.of(0, 1), packBlobId: 'p1', packOffset: 7, packedLength: 1 };
  const use = ([first]: Uint8Array): string => {
    if (first === 7) return 'sound';
    throw new RepositoryError(first === 8 ? 'CONTENT_CORRUPT' : 'OBJECT_CORRUPT', `not ${first}`);
  };
  expect(packs.useStored(place, Uint8Array.of(7), use)).toBe('sound');
  expect(() => packs.useStored(place, Uint8Array.of(9), use)).toThrow('not 9');
  expect(asked).toEqual([]);
  expect(packs.useStored(place, Uint8Array.of(8), use)).toBe('sound');
  // What came from the storage stays damaged.
  expect(() => packs.useStored({ ...place, packBlobId: 'p2' }, Uint8Array.of(8), use)).toThrow('not 8');
  expect(() => new ThreadPacks(desk, true).useStored(place, Uint8Array.of(8), use)).toThrow('not 8');
  expect(asked).toEqual(['reread p1 7 1', 'reread p2 7 1']);
});
