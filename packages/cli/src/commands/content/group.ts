import { gunzipSync } from 'node:zlib';
import { parseContentId, parseGoJson, stringifyGo } from '@holdfast/repository';
import { sendJsonList, sendLines } from '../../output/send.ts';
import { counted, bytesText } from '../../output/units.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import { contentJson, contentLine, type ContentLineFlags } from './report.ts';
import { chosenContents, type ContentFilter } from './filter.ts';
import type { RegisterCommand } from '../index.ts';
import { registerVerifyContents } from './verify.ts';

interface ListFlags extends ContentFilter, ContentLineFlags {
  readonly summary?: boolean;
  readonly json?: boolean;
}

/** `content ...` */
export const registerContent: RegisterCommand = (program, context) => {
  const group = program.command('content').description('look at deduplicated pieces of data');
  registerContentList(group, context);
  registerContentShow(group, context);
  registerVerifyContents(group, context);
};

const registerContentList: RegisterCommand = (group, context) => {
  const command = group
    .command('list')
    .alias('ls')
    .helpOption('--help', 'display help for command')
    .description('list contents')
    .option('-l, --long', 'also show sizes, times and places')
    .option('-c, --compression', 'also show sizes and compression')
    .option('--deleted', 'also those marked as deleted')
    .option('--deleted-only', 'only those marked as deleted')
    .option('-s, --summary', 'also say how many there are')
    .option('-h, --human', 'sizes for people')
    .option('--prefix <prefix>', 'only IDs that start so')
    .option('--prefixed', 'only IDs with a letter in front: directories, manifests')
    .option('--non-prefixed', 'only IDs without: data of files')
    .option('--json', 'print JSON');
  command.action(async () => {
    const flags = command.opts<ListFlags>();
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      const contents = chosenContents(repository.indexView, flags);
      if (flags.json === true) return await sendJsonList(context.stdout, contents.map(contentJson));
      const total = { count: 0, bytes: 0 };
      const counting = contents.map((entry) => {
        total.count++;
        total.bytes += entry.packedLength;
        return contentLine(entry, flags);
      });
      await sendLines(context.stdout, counting);
      if (flags.summary !== true) return;
      const bytes = flags.human === true ? bytesText(total.bytes) : String(total.bytes);
      await sendLines(context.stdout, [`Total: ${counted(total.count, 'content')}, ${bytes} total size`]);
    });
  });
};

interface ShowFlags {
  readonly json?: boolean;
  readonly unzip?: boolean;
}

const registerContentShow: RegisterCommand = (group, context) => {
  const command = group
    .command('show')
    .alias('cat')
    .description('print contents')
    .argument('<ids...>', 'content IDs')
    .option('-j, --json', 'indent JSON')
    .option('-z, --unzip', 'decompress with gzip');
  command.action(async (texts: string[]) => {
    const ids = texts.map(parseContentId);
    const flags = command.opts<ShowFlags>();
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      for (const id of ids) await context.stdout.send(presented(await repository.contents.read(id), flags));
    });
  });
};

function presented(bytes: Uint8Array, { unzip, json }: ShowFlags): Uint8Array | string {
  const plain = unzip === true ? gunzipSync(bytes) : bytes;
  return json === true ? `${stringifyGo(parseGoJson(Buffer.from(plain).toString('utf8')), '  ')}\n` : plain;
}
