import type { Tool } from '../support/tools.ts';
import { type FormatFactor, type FormatRow, kopiaFormatFlags } from './format-rows.ts';

/** What of kopia's description of a repository is looked at. */
interface KopiaStatus {
  readonly contentFormat: {
    readonly hash: string;
    readonly encryption: string;
    readonly ecc?: string;
    readonly eccOverheadPercent?: number;
    readonly version: number;
    readonly indexVersion: number;
    readonly epochParameters: { readonly Enabled: boolean };
    readonly enablePasswordChange: boolean;
  };
  readonly objectFormat: { readonly splitter: string };
}

/* The user of test repositories; and nothing that another process wrote a moment ago may be overlooked. */
const CONNECTION = [
  '--override-username=user',
  '--override-hostname=host',
  '--max-list-cache-duration=0s',
] as const;

/** Makes a repository of this format with kopia, which stays connected to it. */
export function createWithKopia(kopia: Tool, path: string, row: FormatRow): void {
  kopia.mustRun([
    'repository',
    'create',
    'filesystem',
    '--path',
    path,
    ...kopiaFormatFlags(row),
    ...CONNECTION,
  ]);
  kopia.mustRun(['policy', 'set', '--global', `--compression=${row.compression}`]);
}

/** Connects kopia to a repository that exists. */
export function connectWithKopia(kopia: Tool, path: string): void {
  kopia.mustRun(['repository', 'connect', 'filesystem', '--path', path, ...CONNECTION]);
}

/** Saves a directory and returns the snapshot's ID. */
export function snapshotWithKopia(kopia: Tool, path: string): string {
  // What the tool prints.
  return (JSON.parse(kopia.mustRun(['snapshot', 'create', '--json', path])) as { readonly id: string }).id;
}

/** Lets kopia read every file of a snapshot; throws with its words when it finds fault. */
export function verifyWithKopia(kopia: Tool, snapshotId: string): void {
  kopia.mustRun(['snapshot', 'verify', '--verify-files-percent=100', snapshotId]);
}

/** In what kopia's description of the repository's format differs from what was asked for; empty when in nothing. */
export function formatDifferences(kopia: Tool, row: FormatRow): readonly string[] {
  // What the tool prints.
  const status = JSON.parse(kopia.mustRun(['repository', 'status', '--json'])) as KopiaStatus;
  const { contentFormat, objectFormat } = status;
  const modern = row.version !== '1';
  const pairs: readonly (readonly [what: string, is: unknown, want: unknown])[] = [
    ['version', contentFormat.version, Number(row.version)],
    ['hash', contentFormat.hash, row.hash],
    ['encryption', contentFormat.encryption, row.encryption],
    ['splitter', objectFormat.splitter, row.splitter],
    ['error correction', contentFormat.ecc, row.ecc === '0' ? undefined : 'REED-SOLOMON-CRC32'],
    ['overhead', contentFormat.eccOverheadPercent ?? 0, Number(row.ecc)],
    ['index version', contentFormat.indexVersion, modern ? 2 : 1],
    ['epochs', contentFormat.epochParameters.Enabled, modern],
    ['password changes', contentFormat.enablePasswordChange, modern],
  ];
  return pairs
    .filter(([, is, want]) => is !== want)
    .map(([what, is, want]) => `${what} is ${String(is)} to kopia, not ${String(want)}`);
}

/** A factor whose values kopia tells. */
export type ListedFactor = Exclude<FormatFactor, 'version'>;

/** The values that kopia accepts for a factor, as it lists them when it is given another. */
export function kopiaValues(kopia: Tool, factor: ListedFactor): readonly string[] {
  const [command, flag] = [COMMANDS[factor] ?? CREATE, FLAGS[factor]];
  const { stderr } = kopia.run([...command, `--${flag}=unheard-of`]);
  const [, list = ''] = /must be one of (\S+),/.exec(stderr) ?? [];
  return list.split(',');
}

const CREATE = ['repository', 'create', 'filesystem', '--path=/nowhere'];
const COMMANDS: Partial<Record<ListedFactor, readonly string[]>> = {
  compression: ['policy', 'set', '--global'],
};
const FLAGS: Readonly<Record<ListedFactor, string>> = {
  hash: 'block-hash',
  encryption: 'encryption',
  splitter: 'object-splitter',
  compression: 'compression',
  ecc: 'ecc',
  keyDerivation: 'format-block-key-derivation-algorithm',
};
