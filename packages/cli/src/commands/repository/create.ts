import {
  algorithmNames,
  HOLDFAST_DEFAULTS,
  KOPIA_DEFAULTS,
  type NewFormat,
  passwordFilePath,
} from '@holdfast/repository';
import { DEFAULT_POLICY } from '@holdfast/uploader';
import { type Command, InvalidArgumentError } from 'commander';
import type { CliContext } from '../../context.ts';
import { choice, wholeNumber } from '../../options.ts';
import { tell } from '../../output/messages.ts';
import { type GlobalOptions, globalOptions } from '../../program.ts';
import { connectToKnown } from '../../session/connect.ts';
import { connectionPlace } from '../../session/connection-path.ts';
import { create, INITIAL_POLICY } from '../../session/create.ts';
import { newPassword } from '../../session/password.ts';
import { PROVIDERS, type StorageProvider } from '../../storage/provider.ts';
import { addConnectionFlags, connectionSettings } from './connection-flags.ts';
import type { RegisterCommand } from '../index.ts';
import { addRetentionFlags, type RetentionFlags, retentionOf } from './retention-flags.ts';

interface CreateFlags extends RetentionFlags {
  readonly blockHash?: string;
  readonly encryption?: string;
  readonly objectSplitter?: string;
  readonly eccOverheadPercent: number;
  readonly formatVersion: 0 | 1 | 2 | 3;
  readonly formatBlockKeyDerivationAlgorithm?: string;
  readonly kopiaDefaults?: boolean;
  readonly createOnly?: boolean;
}

/** `repository create <storage>` */
export const registerCreateRepository: RegisterCommand = (group, context) => {
  const parent = group.command('create').description('make a new repository and connect to it');
  for (const provider of PROVIDERS) {
    const command = parent
      .command(provider.subcommand ?? provider.type)
      .description(`make a repository in ${provider.description}`);
    provider.addFlags(command);
    addFormatFlags(command);
    addRetentionFlags(command);
    addConnectionFlags(command);
    command.action(async () => createAndConnect(context, command, provider));
  }
};

function addFormatFlags(command: Command): void {
  const { hash, encryption, ecc, splitter, keyDerivation } = algorithmNames;
  choice(command, '--block-hash <algorithm>', `hash of contents (${HOLDFAST_DEFAULTS.hash})`, hash);
  choice(command, '--encryption <algorithm>', `encryption (${HOLDFAST_DEFAULTS.encryption})`, encryption);
  choice(command, '--ecc <algorithm>', 'error correction, used with an overhead', ecc);
  command.option(
    '--ecc-overhead-percent <percent>',
    'space for error correction; 0 for none',
    wholeNumber(),
    0,
  );
  choice(command, '--object-splitter <algorithm>', `splitter (${HOLDFAST_DEFAULTS.splitter})`, splitter);
  command.option(
    '--format-version <version>',
    'format (1, 2 or 3) for older kopia; 0 for the newest',
    format,
    0,
  );
  choice(
    command,
    '--format-block-key-derivation-algorithm <algorithm>',
    'how the password becomes a key',
    keyDerivation,
  );
  command
    .option('--kopia-defaults', "hash and compression of kopia's choice instead of the fastest")
    .option('-c, --create-only', "make the repository, but don't connect to it");
}

async function createAndConnect(
  context: CliContext,
  command: Command,
  provider: StorageProvider,
): Promise<void> {
  const [options, flags] = [globalOptions(command), command.opts<CreateFlags>()];
  const format = { ...formatOf(flags), ...retentionOf(flags, provider) };
  const storage = provider.location(command, context, flags);
  const password = await newPassword(context, options);
  const policy = flags.kopiaDefaults === true ? DEFAULT_POLICY : INITIAL_POLICY;
  const opened = await create(context, { storage, password, format, policy });
  tell(context, `Made a repository in ${provider.describe(storage)}.`);
  if (flags.createOnly === true) return;
  const { path } = connectionPlace(context, options);
  await connectToKnown(context, path, {
    storage,
    place: provider.describe(storage),
    settings: connectionSettings(command, context),
    password: { password, origin: 'the command line' },
    persist: options.persistCredentials,
    opened,
  });
  tell(context, adviceOf(path, options));
}

function formatOf(flags: CreateFlags): NewFormat {
  const defaults = flags.kopiaDefaults === true ? KOPIA_DEFAULTS : HOLDFAST_DEFAULTS;
  return {
    hash: flags.blockHash ?? defaults.hash,
    encryption: flags.encryption ?? defaults.encryption,
    splitter: flags.objectSplitter ?? defaults.splitter,
    keyAlgo: flags.formatBlockKeyDerivationAlgorithm ?? defaults.keyAlgo,
    eccOverheadPercent: flags.eccOverheadPercent,
    ...(flags.formatVersion !== 0 && { formatVersion: flags.formatVersion }),
  };
}

function format(text: string): CreateFlags['formatVersion'] {
  const version = ([0, 1, 2, 3] as const).find((known) => String(known) === text);
  if (version === undefined) throw new InvalidArgumentError('It must be 0, 1, 2 or 3.');
  return version;
}

function adviceOf(connectionFile: string, { persistCredentials }: GlobalOptions): string {
  const kept = persistCredentials ? ` (kept in ${passwordFilePath(connectionFile)})` : '';
  return `Connected to it. Without the password${kept} nobody can read what is in it: keep a copy elsewhere.`;
}
