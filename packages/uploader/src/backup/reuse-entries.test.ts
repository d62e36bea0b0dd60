import { createHash } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { createSplitter, parseContentId, systemClock } from '@holdfast/repository/worker';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../repository/src/testing/fake-clock.ts';
import { temporaryDirectory } from '../../../repository/src/testing/temporary-directory.ts';
import { openDirHandle } from '../filesystem/path.ts';
import { setXattr } from '../filesystem/xattr.ts';
import { EMPTY_POLICY } from '../policy/policy.ts';
import { directoryHead, directoryTail } from '../snapshot/directory.ts';
import { byteNameFromText } from '../snapshot/names.ts';
import { summarize } from '../snapshot/totals.ts';
import { DirectoryStats } from '../stat-cache/directory-stats.ts';
import { StatRecorder } from '../stat-cache/recorder.ts';
import { createChunkBuffer } from '../threads/chunk-buffer.ts';
import { createCounterMemory, sumCounters, WorkerCounters } from '../threads/counters.ts';
import type { ThreadContext } from '../threads/thread-context.ts';
import { EncodedFiles } from './encoded-files.ts';
import { type EntriesToUpload, uploadEntries, type UploadedEntries } from './entries-upload.ts';
import { DecodedFiles } from './previous-files.ts';

const HOUR_MS = 3_600_000;
const FILES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const NAMES = [...FILES, 'link'];

describe.runIf(process.platform === 'linux')('a directory that was saved before', () => {
  it('is taken as it is when its files are as they were', async () => {
    using tree = new SavedTree();
    const first = await tree.save();
    tree.remember(first);
    const again = await tree.save(first);
    expect(again).toMatchObject({ stored: 0, counters: { cachedFiles: 8, cachedBytes: 40 } });
    expect(again.entries).toEqual(first.entries);
    expect(again.uploaded.totals).toEqual(first.uploaded.totals);
    expect(again.uploaded.record).toEqual(first.uploaded.record);
  });

  it('is looked through when nothing is remembered', async () => {
    using tree = new SavedTree();
    const first = await tree.save();
    expect((await tree.save(first)).stored).toBe(1); // the symbolic link's target
  });

  const at = (directory: string, name: string): string => path.join(directory, name);
  it.each<[string, (directory: string) => void]>([
    ['a file has new content', (to) => writeFileSync(at(to, 'b'), 'other')],
    ['a file has new content and its old time', (to) => rewriteWithTime(at(to, 'b'), 'other')],
    ['a file has another mode', (to) => chmodSync(at(to, 'b'), 0o600)],
    ['a file has another time', (to) => utimesSync(at(to, 'b'), 1, 2)],
    ['a file has an attribute', (to) => setXattr(at(to, 'b'), ['user.new', Buffer.from('value')])],
    ['a file has an attribute less', (to) => setXattr(at(to, 'c'), ['user.old', Buffer.from('other')])],
    ['a file has another name', (to) => linkSync(at(to, 'b'), path.join(to, '..', 'elsewhere'))],
    ['a file was replaced by its copy', (to) => replaceByCopy(at(to, 'b'))],
    ['a symbolic link leads elsewhere', (to) => relink(at(to, 'link'), 'elsewhere')],
    ['a file is a directory', (to) => (rmSync(at(to, 'b')), mkdirSync(at(to, 'b')))],
    ['a file is gone', (to) => rmSync(at(to, 'b'))],
    ["two files have each other's names", (to) => swap(at(to, 'a'), at(to, 'b'))],
  ])('is looked through when %s', async (_, change) => {
    using tree = new SavedTree();
    const first = await tree.save();
    tree.remember(first);
    change(tree.directory);
    const again = await tree.save(first);
    tree.forget();
    const thorough = await tree.save(first);
    expect(again.stored).toBeGreaterThan(0);
    expect(again.entries).toEqual(thorough.entries);
    expect(again.uploaded.totals).toEqual(thorough.uploaded.totals);
  });

  it.each<[string, Partial<EntriesToUpload>]>([
    ['files are to be read again', { rehash: { percent: 100, seed: 0 } }],
    ['large files are left out', { policy: { ...EMPTY_POLICY, files: { maxFileSize: 4 } } }],
    ['it is only a part of the directory', { isWhole: false }],
    ['a file is left out', { names: names(...NAMES.filter((name) => name !== 'c')) }],
    ['a name is shown otherwise', { visibleNames: new Map([names('a', 'x') as [never, never]]) }],
  ])('is looked through when %s', async (_, otherwise) => {
    using tree = new SavedTree();
    const first = await tree.save();
    tree.remember(first);
    expect((await tree.save(first, otherwise)).stored).toBeGreaterThan(0);
  });

  it('is looked through when the snapshot before says something else', async () => {
    using tree = new SavedTree();
    const first = await tree.save();
    tree.remember(first);
    const other = first.entries.replace('"mode":"0644"', '"mode":"0640"');
    expect((await tree.save({ ...first, entries: other })).stored).toBe(2); // the file and the link's target
  });

  it('is not remembered when it is small', async () => {
    using tree = new SavedTree();
    expect((await tree.save(undefined, { names: names('a', 'b', 'c') })).uploaded.record).toBeUndefined();
  });

  it('is not remembered while its files may change without a trace', async () => {
    using tree = new SavedTree(0);
    expect((await tree.save()).uploaded.record).toBeUndefined();
  });

  it('is not remembered when something of it is not saved', async () => {
    using tree = new SavedTree();
    expect((await tree.save(undefined, { names: names(...NAMES, 'gone') })).uploaded.record).toBeUndefined();
  });
});

interface Saved {
  readonly uploaded: UploadedEntries;
  /** Encoded. */
  readonly entries: string;
  /** Contents that were stored for it. */
  readonly stored: number;
  readonly counters: ReturnType<typeof sumCounters>;
}

/** A directory with some files and a symbolic link, and what is remembered of it. */
class SavedTree implements Disposable {
  readonly #place = temporaryDirectory();
  readonly #table = path.join(this.#place.path, 'stats', 'table');
  readonly #laterMs: number;
  readonly directory: string = path.join(this.#place.path, 'tree');

  /** Backups run `laterMs` after the files were made. */
  constructor(laterMs: number = HOUR_MS) {
    this.#laterMs = laterMs;
    mkdirSync(this.directory);
    for (const name of FILES) writeFileSync(path.join(this.directory, name), `${name} was`, { mode: 0o644 });
    setXattr(path.join(this.directory, 'c'), ['user.old', Buffer.from('value')]);
    symlinkSync('a', path.join(this.directory, 'link'));
  }

  [Symbol.dispose](): void {
    this.#place[Symbol.dispose]();
  }

  async save(before?: Saved, otherwise: Partial<EntriesToUpload> = {}): Promise<Saved> {
    const memory = createCounterMemory(1);
    let stored = 0;
    const stats = new DirectoryStats(this.#table, createFakeClock(systemClock.nowMs() + this.#laterMs));
    const context = storingContext(memory, stats, () => stored++);
    const previous = before === undefined ? undefined : EncodedFiles.of(objectOf(before));
    const uploaded = await uploadEntries(context, openDirHandle(this.directory), {
      path: this.directory,
      relativePath: '',
      policy: EMPTY_POLICY,
      rehash: { percent: 0, seed: 0 },
      names: names(...NAMES),
      visibleNames: new Map(),
      isWhole: true,
      previous: previous ?? new DecodedFiles([]),
      ...otherwise,
    });
    const [piece] = uploaded.pieces;
    const entries = piece?.kind === 'entries' ? Buffer.from(piece.json).toString('latin1') : '';
    return { uploaded, entries, stored, counters: sumCounters(memory) };
  }

  remember({ uploaded: { record } }: Saved): void {
    using recorder = new StatRecorder(this.#table);
    recorder.add(record ?? new Uint8Array());
    recorder.finish(systemClock.nowMs());
  }

  forget(): void {
    rmSync(this.#table);
  }
}

function names(...texts: readonly string[]): EntriesToUpload['names'] {
  return texts.map(byteNameFromText);
}

function objectOf({ entries, uploaded: { totals } }: Saved): Buffer {
  return Buffer.concat([
    directoryHead(false),
    Buffer.from(entries, 'latin1'),
    directoryTail(false, summarize(totals, { mtimeNs: 0n })),
  ]);
}

function rewriteWithTime(file: string, text: string): void {
  const { atime, mtime } = statSync(file);
  writeFileSync(file, text);
  utimesSync(file, atime, mtime);
}

function replaceByCopy(file: string): void {
  const { atime, mtime } = statSync(file);
  writeFileSync(`${file}.new`, 'b was');
  utimesSync(`${file}.new`, atime, mtime);
  renameSync(`${file}.new`, file);
}

function relink(link: string, target: string): void {
  rmSync(link);
  symlinkSync(target, link);
}

function swap(one: string, other: string): void {
  renameSync(one, `${one}.swapped`);
  renameSync(other, one);
  renameSync(`${one}.swapped`, other);
}

/** A thread that counts what it stores, and keeps nothing. */
function storingContext(
  memory: SharedArrayBuffer,
  stats: DirectoryStats,
  onStored: () => void,
): ThreadContext {
  const splitter = createSplitter('FIXED-1M');
  const context = {
    encoder: {
      write: (prefix: string, bytes: Uint8Array) => {
        onStored();
        return parseContentId(`${prefix}${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}`);
      },
    },
    chunk: createChunkBuffer(splitter.maxChunk, 0),
    splitter: () => splitter,
    counters: new WorkerCounters(memory, 0),
    stats,
  };
  // All that uploading these entries needs.
  return context as unknown as ThreadContext;
}
