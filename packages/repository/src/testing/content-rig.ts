import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createMemoryStorage } from '../blob/memory.ts';
import type { BlobStorage } from '../blob/storage.ts';
import { planBudget } from '../budget.ts';
import { type ContentCrypto, type ContentFormat, createContentCrypto } from '../content/content-format.ts';
import { ContentStore } from '../content/content-store.ts';
import { ContentWriter } from '../content/content-writer.ts';
import { IndexView } from '../content/index-view.ts';
import { openIndexBlobs } from '../epoch/open.ts';
import { DEFAULT_EPOCH_PARAMETERS } from '../format/defaults.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { createFaultyStorage, type FaultyStorage } from './faulty-storage.ts';

/** A format for tests; its keys are nobody's secret. */
export const TEST_FORMAT: ContentFormat = {
  hash: 'HMAC-SHA256-128',
  encryption: 'AES256-GCM-HMAC-SHA256',
  ecc: '',
  eccOverheadPercent: 0,
  secret: new Uint8Array(32).fill(1),
  masterKey: new Uint8Array(32).fill(2),
  formatVersion: 3,
  indexVersion: 2,
  maxPackSize: 1 << 20,
  splitter: 'FIXED-1M',
};

/** One client of the contents in some storage, without a format blob. */
export interface ContentClient {
  readonly crypto: ContentCrypto;
  readonly storage: FaultyStorage;
  readonly indexView: IndexView;
  readonly store: ContentStore;
  readonly writer: ContentWriter;
}

/** Contents in memory, for as many clients as a test opens; caches on disk go with it (`using`). */
export interface ContentRig extends Disposable {
  readonly clock: FakeClock;
  readonly inner: BlobStorage;
  /** A client that has seen what is stored now. */
  open(format?: Partial<ContentFormat>): Promise<ContentClient>;
  /** Names of the blobs that begin with `prefix`. */
  names(prefix?: string): Promise<string[]>;
}

/** Makes an empty rig. Random bytes are those of a counter, so that runs are alike. */
export function createContentRig(): ContentRig {
  const clock = createFakeClock();
  const inner = createMemoryStorage({ clock });
  const directory = mkdtempSync(path.join(tmpdir(), 'holdfast-contents-'));
  let clients = 0;
  return {
    clock,
    inner,
    open: async (changes = {}) =>
      openClient({ ...TEST_FORMAT, ...changes }, inner, clock, path.join(directory, `${clients++}`)),
    names: async (prefix = '') => (await Array.fromAsync(inner.list(prefix))).map(({ id }) => id).toSorted(),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function openClient(
  format: ContentFormat,
  inner: BlobStorage,
  clock: FakeClock,
  directory: string,
): Promise<ContentClient> {
  const storage = createFaultyStorage(inner);
  const crypto = await createContentCrypto(format);
  const putOptions = {};
  const epochParameters = DEFAULT_EPOCH_PARAMETERS;
  const indexBlobs = openIndexBlobs({ storage, crypto, clock, epochParameters, putOptions });
  const indexView = new IndexView({ storage, indexBlobs, crypto, directory, pageBytes: 1 << 20, clock });
  await indexView.refresh();
  const store = new ContentStore({ storage, crypto, indexView });
  const writer = new ContentWriter({
    storage,
    format,
    crypto,
    indexView,
    indexBlobs,
    clock,
    putOptions,
    formatBlobCopy: undefined,
    budget: planBudget(128 << 20, { workers: 1, maxContentBytes: 1 << 20, isRemote: false }),
    random: countingRandom(directory),
    writer: {
      username: 'user',
      hostname: 'host',
    },
  });
  store.attachWriter(writer);
  return { crypto, storage, indexView, store, writer };
}

function countingRandom(seed: string): (length: number) => Uint8Array {
  let calls = 0;
  return (length) => {
    const digest = createHash('shake256', { outputLength: length });
    return digest.update(`${seed} ${calls++}`).digest();
  };
}
