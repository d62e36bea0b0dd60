import { type GoJsonObject, parseGoJson, type Repository } from '@holdfast/repository';
import { type DirectoryEntry, encodeEntry, findEntry, readEntries, textOfByteName } from '@holdfast/uploader';
import { CliError } from '../errors.ts';
import { negatable } from '../options.ts';
import { tell, warn } from '../output/messages.ts';
import { modeText } from '../output/mode-text.ts';
import { mapped, sendJsonList, sendLines } from '../output/send.ts';
import { timeText } from '../output/times.ts';
import { bytesText, counted } from '../output/units.ts';
import { globalOptions } from '../program.ts';
import { withRepository } from '../session/open.ts';
import type { RegisterCommand } from './index.ts';

interface ListFlags {
  readonly long?: boolean;
  readonly humanReadable?: boolean;
  readonly recursive?: boolean;
  readonly showObjectId?: boolean;
  readonly errorSummary: boolean;
  readonly json?: boolean;
}

/** An entry and its path below the directory that is listed. */
interface ListedEntry {
  readonly entry: DirectoryEntry;
  readonly path: string;
}

/** `ls` */
export const registerList: RegisterCommand = (program, context) => {
  const command = program
    .command('list')
    .alias('ls')
    .helpOption('--help', 'display help for command')
    .description('list a directory of a snapshot')
    .argument('<object-path>', 'ID of a snapshot or object, then perhaps /path/below/it')
    .option('-l, --long', 'also show mode, size, time and object ID')
    .option('-h, --human-readable', 'sizes for people')
    .option('-r, --recursive', 'also list what is below')
    .option('-o, --show-object-id', 'also show object IDs')
    .option('--json', 'print JSON');
  negatable(command, 'error-summary', 'tell of files that could not be saved', true);
  command.action(async (objectPath: string) => {
    const flags = command.opts<ListFlags>();
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      const directory = await findEntry(repository, objectPath);
      if (directory.type !== 'd')
        throw new CliError(
          'NOT_A_DIRECTORY',
          `${objectPath} is not a directory: \`holdfast show\` prints files`,
        );
      const entries = entriesBelow(repository, directory, flags.recursive === true, '');
      if (flags.json === true) return await sendJsonList(context.stdout, mapped(entries, entryJson));
      const line = (listed: ListedEntry): string => entryLine(listed, objectPath, flags);
      await sendLines(context.stdout, mapped(entries, line));
      const failed = directory.summary?.numFailed ?? 0;
      if (!flags.errorSummary || failed === 0) return;
      warn(context, `${counted(failed, 'file')} could not be saved:`);
      for (const { path, error } of directory.summary?.errors ?? []) tell(context, `  ${path}: ${error}`);
    });
  });
};

async function* entriesBelow(
  repository: Repository,
  directory: DirectoryEntry,
  isRecursive: boolean,
  prefix: string,
): AsyncGenerator<ListedEntry> {
  for await (const entry of readEntries(repository.contents, directory.objectId)) {
    const path = prefix + textOfByteName(entry.name);
    yield { entry, path };
    if (isRecursive && entry.type === 'd') yield* entriesBelow(repository, entry, true, `${path}/`);
  }
}

/** What the directory itself says of the entry, and its path. */
function entryJson({ entry, path }: ListedEntry): GoJsonObject {
  const json = parseGoJson(Buffer.from(encodeEntry(entry), 'latin1').toString('utf8'));
  return { path, ...Object(json) };
}

/** Columns as kopia has them. Source: kopia cli/command_ls.go. */
function entryLine({ entry, path }: ListedEntry, objectPath: string, flags: ListFlags): string {
  const failed = entry.summary?.numFailed ?? 0;
  const errors = flags.errorSummary && failed > 0 ? ` (${counted(failed, 'error')})` : '';
  const root = flags.recursive === true && flags.long !== true ? `${objectPath.replace(/\/$/, '')}/` : '';
  const slash = entry.type === 'd' && (flags.long === true || flags.recursive === true) ? '/' : '';
  const name = `${root}${path}${slash}${errors}`;
  const objectId = entry.objectId.padEnd(34);
  if (flags.long !== true) return flags.showObjectId === true ? `${objectId} ${name}` : name;
  const bytes = entry.type === 'd' ? (entry.summary?.size ?? 0) : entry.size;
  const size = flags.humanReadable === true ? bytesText(bytes) : String(bytes);
  return `${modeText(entry.type, entry.mode)} ${size.padStart(12)} ${timeText(entry.mtimeNs)} ${objectId} ${name}`;
}
