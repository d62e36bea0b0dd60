import {
  type BlobId,
  type BlobMetadata,
  createContentCrypto,
  formatTimeNs,
  type GoJsonObject,
  openSealedBlob,
  parseBlobId,
  type Repository,
} from '@holdfast/repository';
import { repeatable, wholeNumber } from '../options.ts';
import { mapped, sendJsonList, sendLines } from '../output/send.ts';
import { nsOfMs, timeText } from '../output/times.ts';
import { globalOptions } from '../program.ts';
import { withRepository } from '../session/open.ts';
import type { RegisterCommand } from './index.ts';

interface ListFlags {
  readonly prefix: string;
  readonly excludePrefix: readonly string[];
  readonly minSize: number;
  readonly maxSize: number;
  readonly dataOnly?: boolean;
  readonly json?: boolean;
}

/** `blob ...` */
export const registerBlob: RegisterCommand = (program, context) => {
  const group = program.command('blob').description('look at the files of the repository as they are stored');
  registerBlobList(group, context);
  registerBlobShow(group, context);
};

const registerBlobList: RegisterCommand = (group, context) => {
  const command = group
    .command('list')
    .alias('ls')
    .description('list blobs')
    .option('--prefix <prefix>', 'only names that start so', '')
    .option('--min-size <bytes>', 'only blobs of at least this size', wholeNumber(), 0)
    .option('--max-size <bytes>', 'only blobs of at most this size; 0 for any', wholeNumber(), 0)
    .option('--data-only', 'no indexes, logs and parameters')
    .option('--json', 'print JSON');
  repeatable(command, '--exclude-prefix <prefix>', 'no names that start so (can be repeated)');
  command.action(async () => {
    const flags = command.opts<ListFlags>();
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      const blobs = chosenBlobs(repository.storage.list(flags.prefix), flags);
      if (flags.json === true) await sendJsonList(context.stdout, mapped(blobs, blobJson));
      else await sendLines(context.stdout, mapped(blobs, blobLine));
    });
  });
};

const registerBlobShow: RegisterCommand = (group, context) => {
  const command = group
    .command('show')
    .alias('cat')
    .description('print blobs as they are stored')
    .argument('<blobs...>', 'names')
    .option('--decrypt', 'decrypt what is encrypted as a whole: indexes, sessions and logs');
  command.action(async (names: string[]) => {
    const ids = names.map(parseBlobId);
    const isDecrypted = command.opts<{ decrypt?: boolean }>().decrypt === true;
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      for (const id of ids) await context.stdout.send(await blobBytes(repository, id, isDecrypted));
    });
  });
};

const NOT_DATA = ['n', 'x', '_log_', 'kopia.'];

async function* chosenBlobs(
  blobs: AsyncIterable<BlobMetadata>,
  flags: ListFlags,
): AsyncGenerator<BlobMetadata> {
  const excluded = [...flags.excludePrefix, ...(flags.dataOnly === true ? NOT_DATA : [])];
  const maxSize = flags.maxSize === 0 ? Infinity : flags.maxSize;
  for await (const blob of blobs) {
    if (blob.length < flags.minSize || blob.length > maxSize) continue;
    if (!excluded.some((prefix) => blob.id.startsWith(prefix))) yield blob;
  }
}

function blobJson({ id, length, timestampMs }: BlobMetadata): GoJsonObject {
  return { id, length, timestamp: formatTimeNs(nsOfMs(timestampMs)) };
}

function blobLine({ id, length, timestampMs }: BlobMetadata): string {
  return `${id.padEnd(70)} ${String(length).padStart(10)} ${timeText(nsOfMs(timestampMs))}`;
}

/** Encrypted as a whole: indexes, sessions, logs. Contents of packs are encrypted one by one. */
const SEALED = /^(?:[_nmls]|x[nrs])/;

async function blobBytes(repository: Repository, id: BlobId, isDecrypted: boolean): Promise<Uint8Array> {
  const stored = await repository.storage.get(id);
  if (!isDecrypted || !SEALED.test(id)) return stored;
  return openSealedBlob(id, stored, await createContentCrypto(repository.contentFormat));
}
