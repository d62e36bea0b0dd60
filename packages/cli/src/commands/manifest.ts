import {
  formatTimeNs,
  type GoJsonObject,
  type Labels,
  type ManifestMetadata,
  parseGoJson,
  parseManifestId,
  stringifyGo,
} from '@holdfast/repository';
import { compareText } from '@holdfast/uploader';
import { usageError } from '../errors.ts';
import { repeatable } from '../options.ts';
import { sendJson, sendJsonList, sendLines } from '../output/send.ts';
import { timeText } from '../output/times.ts';
import { globalOptions } from '../program.ts';
import { withRepository } from '../session/open.ts';
import type { RegisterCommand } from './index.ts';

interface ListFlags {
  readonly filter: readonly string[];
  readonly sort: readonly string[];
  readonly json?: boolean;
}

/** `manifest ...` */
export const registerManifest: RegisterCommand = (program, context) => {
  const group = program
    .command('manifest')
    .description('look at the labelled records: snapshots, policies, parameters');
  registerManifestList(group, context);
  registerManifestShow(group, context);
};

const registerManifestList: RegisterCommand = (group, context) => {
  const command = group
    .command('list')
    .alias('ls')
    .description('list manifests, the oldest first')
    .option('--json', 'print JSON');
  repeatable(command, '--filter <key:value>', 'only those with this label (can be repeated)');
  repeatable(command, '--sort <key>', 'order by this label (can be repeated)');
  command.action(async () => {
    const flags = command.opts<ListFlags>();
    const labels = Object.fromEntries(flags.filter.map(parseLabel));
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      const found = (await repository.manifests()).find(labels).toSorted(byLabels(flags.sort));
      if (flags.json === true) await sendJsonList(context.stdout, found.map(manifestJson));
      else await sendLines(context.stdout, found.map(manifestLine));
    });
  });
};

const registerManifestShow: RegisterCommand = (group, context) => {
  const command = group
    .command('show')
    .description('print manifests')
    .argument('<ids...>', 'manifest IDs')
    .option('--json', 'print JSON without comments, one manifest a line');
  command.action(async (texts: string[]) => {
    const ids = texts.map(parseManifestId);
    const isJson = command.opts<{ json?: boolean }>().json === true;
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      const manifests = await repository.manifests();
      for (const id of ids) {
        const metadata = manifests.getMetadata(id);
        const data = parseGoJson(await manifests.getText(id));
        if (isJson) await sendJson(context.stdout, { ...manifestJson(metadata), data });
        else await sendLines(context.stdout, [...comments(metadata), stringifyGo(data, '  ')]);
      }
    });
  });
};

function parseLabel(text: string): [string, string] {
  const colon = text.indexOf(':');
  if (colon <= 0) throw usageError(`the filter ${JSON.stringify(text)} is not KEY:VALUE`);
  return [text.slice(0, colon), text.slice(colon + 1)];
}

/** Manifests come oldest first, and sorting keeps that where the labels are equal. */
function byLabels(keys: readonly string[]): (a: ManifestMetadata, b: ManifestMetadata) => number {
  return (a, b) => {
    for (const key of keys) {
      const order = compareText(a.labels[key] ?? '', b.labels[key] ?? '');
      if (order !== 0) return order;
    }
    return 0;
  };
}

function manifestJson({ id, length, labels, modifiedNs }: ManifestMetadata): GoJsonObject {
  const sorted = Object.entries(labels).toSorted(([a], [b]) => compareText(a, b));
  return { id, length, labels: Object.fromEntries(sorted), mtime: formatTimeNs(modifiedNs) };
}

function manifestLine({ id, length, labels, modifiedNs }: ManifestMetadata): string {
  const start = `${id} ${String(length).padStart(10)} ${timeText(modifiedNs)}`;
  return [`${start} type:${labels['type']}`, ...otherLabels(labels)].join(' ');
}

function otherLabels(labels: Labels): string[] {
  const others = Object.entries(labels).filter(([key]) => key !== 'type');
  return others.map(([key, value]) => `${key}:${value}`).toSorted(compareText);
}

function comments({ id, length, labels, modifiedNs }: ManifestMetadata): string[] {
  const told = [`id: ${id}`, `length: ${length}`, `modified: ${timeText(modifiedNs)}`];
  const ofLabels = Object.entries(labels).map(([key, value]) => `label ${key}:${value}`);
  return [...told, ...ofLabels].map((line) => `// ${line}`);
}
