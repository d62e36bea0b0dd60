import {
  connectionLimits,
  createThrottle,
  LIMIT_NAMES,
  type ThrottlingLimits,
  writeConnectionFile,
} from '@holdfast/repository';
import { type Command, InvalidArgumentError } from 'commander';
import type { CliContext } from '../../context.ts';
import { tell } from '../../output/messages.ts';
import { sendJson, sendLines } from '../../output/send.ts';
import { speedText } from '../../output/units.ts';
import { globalOptions } from '../../program.ts';
import { keptConnection } from '../cache/connected.ts';
import type { RegisterCommand } from '../index.ts';

type LimitName = keyof ThrottlingLimits;

/** How one limit is named and told. Source: kopia cli/throttle_get.go, cli/throttle_set.go. */
interface LimitText {
  readonly flag: string;
  readonly label: string;
  readonly change: string;
  readonly valueText: (limit: number) => string;
}

const LIMITS: Readonly<Record<LimitName, LimitText>> = {
  maxDownloadSpeedBytesPerSecond: {
    flag: 'download-bytes-per-second',
    label: 'Max Download Speed:',
    change: 'max download speed',
    valueText: speedText,
  },
  maxUploadSpeedBytesPerSecond: {
    flag: 'upload-bytes-per-second',
    label: 'Max Upload Speed:',
    change: 'max upload speed',
    valueText: speedText,
  },
  readsPerSecond: {
    flag: 'read-requests-per-second',
    label: 'Max Read Requests Per Second:',
    change: 'reads per second',
    valueText: String,
  },
  writesPerSecond: {
    flag: 'write-requests-per-second',
    label: 'Max Write Requests Per Second:',
    change: 'writes per second',
    valueText: String,
  },
  listsPerSecond: {
    flag: 'list-requests-per-second',
    label: 'Max List Requests Per Second:',
    change: 'lists per second',
    valueText: String,
  },
  concurrentReads: {
    flag: 'concurrent-reads',
    label: 'Max Concurrent Reads:',
    change: 'concurrent reads',
    valueText: String,
  },
  concurrentWrites: {
    flag: 'concurrent-writes',
    label: 'Max Concurrent Writes:',
    change: 'concurrent writes',
    valueText: String,
  },
};

const ORDERED: readonly LimitName[] = [
  'maxDownloadSpeedBytesPerSecond',
  'maxUploadSpeedBytesPerSecond',
  ...LIMIT_NAMES.filter((name) => !name.startsWith('max')),
];

/** `repository throttle get` and `set`; both only look at the connection file. */
export const registerThrottle: RegisterCommand = (group, context) => {
  const throttle = group.command('throttle').description('limit what this connection asks of the storage');
  registerGet(throttle, context);
  registerSet(throttle, context);
};

const registerGet: RegisterCommand = (throttle, context) => {
  const command = throttle.command('get').description('show the limits').option('--json', 'print JSON');
  command.action(async () => {
    const limits = connectionLimits((await keptConnection(context, globalOptions(command))).connection);
    if (command.opts<{ json?: boolean }>().json === true)
      return await sendJson(context.stdout, { ...limits });
    await sendLines(
      context.stdout,
      ORDERED.map((name) => `${LIMITS[name].label.padEnd(30)} ${limitText(name, limits[name] ?? 0)}`),
    );
  });
};

const registerSet: RegisterCommand = (throttle, context) => {
  const command = throttle.command('set').description('change the limits').addHelpText('after', NOTES);
  for (const name of ORDERED)
    command.option(`--${LIMITS[name].flag} <limit>`, `limit of ${LIMITS[name].change}`, limit);
  command.action(async () => set(context, command));
};

const NOTES = `
A limit is a number, or \`unlimited\` or \`-\` for none. Commands that run already keep those they started with. Limits are of this
connection: other clients have their own.

Example:
  holdfast repository throttle set --upload-bytes-per-second=1000000 --concurrent-writes=2`;

async function set(context: CliContext, command: Command): Promise<void> {
  const { connection, connectionFile } = await keptConnection(context, globalOptions(command));
  const changes = ORDERED.flatMap((name) => {
    const value: unknown = command.getOptionValue(camelCase(LIMITS[name].flag));
    return typeof value === 'number' ? [[name, value] as const] : [];
  });
  if (changes.length === 0) return tell(context, 'No changes made.');
  const limits = { ...connectionLimits(connection), ...Object.fromEntries(changes) };
  // Says what is no limit before it is written.
  createThrottle(limits, context.clock);
  const throttlingLimits = Object.fromEntries(Object.entries(limits).filter(([, value]) => value > 0));
  await writeConnectionFile(connectionFile, { ...connection, throttlingLimits });
  for (const [name, value] of changes)
    tell(context, `Setting ${LIMITS[name].change} to ${value === 0 ? 'unlimited' : limitText(name, value)}.`);
}

function limitText(name: LimitName, value: number): string {
  return value === 0 ? '(unlimited)' : LIMITS[name].valueText(value);
}

/** Parser of a limit; 0 for none. */
function limit(text: string): number {
  if (text === 'unlimited' || text === '-') return 0;
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number from 0, or unlimited.');
}

function camelCase(flag: string): string {
  return flag.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
