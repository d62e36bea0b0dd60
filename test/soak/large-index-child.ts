/* One operation on a large index in a process of its own, whose memory `large-index.ts` asks about. Arguments: operation,
 * repository, number of entries. */
import { readFileSync } from 'node:fs';

import { type BlobId, createContentCrypto, type Repository } from '@holdfast/repository';
import { runMaintenance } from '@holdfast/uploader';

import { epochMarkerId, indexBlobPrefix } from '../../packages/repository/src/epoch/names.ts';
import { encodeIndex } from '../../packages/repository/src/index/builder.ts';
import { sealBlob } from '../../packages/repository/src/sealed/sealed-blob.ts';
import { numberedEntries, numberedKey } from '../support/numbered-entries.ts';
import { createLocal, openLocal } from '../support/repository.ts';

const [operation = '', path = '', entries = ''] = process.argv.slice(2);
const count = Number(entries);
const LOOK_UPS = 200_000;
const NEW_CONTENTS = 50_000;
const startMs = performance.now();
const detail = await run();
const peakKibibytes = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
const seconds = (performance.now() - startMs) / 1000;
process.stdout.write(JSON.stringify({ operation, seconds, peakMib: peakKibibytes / 1024, detail }));

async function run(): Promise<string> {
  if (operation === 'build') return await build();
  const repository = await openLocal(path);
  try {
    const found = repository.indexView.count;
    if (found < count) throw new Error(`the index has ${found} entries, not ${count}`);
    switch (operation) {
      case 'open':
        return `${found} entries`;
      case 'look up':
        return lookUp((key) => repository.indexView.find(key) !== undefined);
      case 'write':
        return await write(repository);
      case 'compact':
        await runMaintenance(repository, { mode: 'quick' });
        return (await repository.indexBlobs())
          .map(({ length }) => `${(length / 2 ** 20).toFixed(1)} MiB`)
          .join(', ');
      default:
        throw new Error(`unknown operation ${operation}`);
    }
  } finally {
    await repository.close();
  }
}

/** Puts everything into one index blob of the first epoch, which two later ones make ripe for compaction. */
async function build(): Promise<string> {
  const repository = await createLocal(path);
  const plain = encodeIndex(numberedEntries(count), 2);
  const crypto = await createContentCrypto(repository.contentFormat);
  const { id, bytes } = sealBlob('', plain, 's0123456789abcdef147-c1', crypto);
  // A prefix makes a name of a name.
  await repository.storage.put(`${indexBlobPrefix(0)}${id}` as BlobId, [bytes]);
  for (const epoch of [1, 2])
    await repository.storage.put(epochMarkerId(epoch), [Buffer.from('epoch-marker')]);
  await repository.close();
  return `one blob of ${(bytes.length / 2 ** 20).toFixed(0)} MiB`;
}

/** As many as make a writer read the whole index for its filter. */
async function write(repository: Repository): Promise<string> {
  const writer = repository.writer();
  for (let i = 0; i < NEW_CONTENTS; i++) {
    if (writer.contents.isFull) await writer.flush();
    await writer.contents.write('', Buffer.from(`content ${i}`), '');
  }
  await writer.flush();
  return `${NEW_CONTENTS} contents`;
}

/** Half of them are there. In no order, as backups have it. */
function lookUp(has: (key: Uint8Array) => boolean): string {
  const startedMs = performance.now();
  for (let i = 0; i < LOOK_UPS; i++) {
    const number = Math.floor(((i * 0.618033988749895) % 1) * count);
    const isAbsent = i % 2 === 1;
    if (has(numberedKey(number, count, isAbsent)) === isAbsent)
      throw new Error(`content ${number} is not told right`);
  }
  const each = (performance.now() - startedMs) / LOOK_UPS;
  return `${(each * 1000).toFixed(1)} us each of ${LOOK_UPS}`;
}
