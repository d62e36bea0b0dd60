import { type BlobMetadata, formatTimeNs, type GoJsonObject } from '@holdfast/repository';
import { choice } from '../options.ts';
import { sendJsonList, sendLines } from '../output/send.ts';
import { nsOfMs, preciseTimeText } from '../output/times.ts';
import { globalOptions } from '../program.ts';
import { withRepository } from '../session/open.ts';
import type { RegisterCommand } from './index.ts';
import { registerRecoverIndex } from './index-recover.ts';

type Order = 'time' | 'size' | 'name';

interface ListFlags {
  readonly sort?: Order;
  readonly summary?: boolean;
  readonly json?: boolean;
}

/** `index ...` */
export const registerIndex: RegisterCommand = (program, context) => {
  const group = program.command('index').description('look at the indexes of contents, and recover them');
  registerIndexList(group, context);
  registerRecoverIndex(group, context);
};

const registerIndexList: RegisterCommand = (group, context) => {
  const command = group
    .command('list')
    .alias('ls')
    .description('list the index blobs that count')
    .option('--summary', 'also say how many there are')
    .option('--json', 'print JSON');
  choice(command, '--sort <order>', 'order (time)', ['time', 'size', 'name']);
  command.action(async () => {
    const flags = command.opts<ListFlags>();
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      const blobs = (await repository.indexBlobs()).toSorted(ORDERS[flags.sort ?? 'time']);
      if (flags.json === true) return await sendJsonList(context.stdout, blobs.map(indexJson));
      const summary = flags.summary === true ? [`total ${blobs.length} indexes`] : [];
      await sendLines(context.stdout, [...blobs.map(indexLine), ...summary]);
    });
  });
};

const ORDERS: Readonly<Record<Order, (a: BlobMetadata, b: BlobMetadata) => number>> = {
  time: (a, b) => a.timestampMs - b.timestampMs,
  size: (a, b) => a.length - b.length,
  name: (a, b) => (a.id < b.id ? -1 : 1),
};

/** `Superseded` is what kopia says of repositories without epochs; only blobs that count are listed here. */
function indexJson({ id, length, timestampMs }: BlobMetadata): GoJsonObject {
  return { id, length, timestamp: formatTimeNs(nsOfMs(timestampMs)), Superseded: null };
}

function indexLine({ id, length, timestampMs }: BlobMetadata): string {
  return `${id.padEnd(60)} ${String(length).padStart(10)} ${preciseTimeText(timestampMs)}`;
}
