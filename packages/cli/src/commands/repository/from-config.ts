import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { decodeConnectionToken, readConnectionFile, type TokenContent } from '@holdfast/repository';
import { Option } from 'commander';
import type { CliContext } from '../../context.ts';
import { CliError, usageError } from '../../errors.ts';
import { warn } from '../../output/messages.ts';
import type { RegisterCommand } from '../index.ts';
import { connectTo } from './connect-to.ts';
import { addConnectionFlags } from './connection-flags.ts';

interface FromConfigFlags {
  readonly file?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly tokenStdin?: boolean;
}

/** `repository connect from-config` */
export const registerFromConfig: RegisterCommand = (parent, context) => {
  const command = parent
    .command('from-config')
    .description('connect to where a connection file or a token of `repository status -t` leads')
    .addOption(exclusive('--file <path>', 'connection file'))
    .addOption(exclusive('--token <token>', 'token; others on this machine can see it'))
    .addOption(exclusive('--token-file <path>', 'file that holds a token'))
    .addOption(exclusive('--token-stdin', 'read a token from standard input'));
  addConnectionFlags(command);
  command.action(async () => {
    const { storage, password } = await chosenContent(context, command.opts<FromConfigFlags>());
    const known = password === '' ? undefined : { password, origin: 'the token' };
    await connectTo(context, command, storage, known);
  });
};

function exclusive(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.conflicts(SOURCES.filter((name) => name !== option.attributeName()));
}

const SOURCES = ['file', 'token', 'tokenFile', 'tokenStdin'];

async function chosenContent(context: CliContext, flags: FromConfigFlags): Promise<TokenContent> {
  if (flags.file !== undefined) return await contentOfFile(resolve(context.cwd, flags.file));
  if (flags.token !== undefined) {
    warn(context, 'others on this machine can see --token in the list of processes: use --token-stdin');
    return decodeConnectionToken(flags.token);
  }
  if (flags.tokenFile !== undefined)
    return decodeConnectionToken((await readFile(resolve(context.cwd, flags.tokenFile), 'utf8')).trim());
  if (flags.tokenStdin !== true) throw usageError('pass --file, --token, --token-file or --token-stdin');
  const chunks: Uint8Array[] = [];
  for await (const chunk of context.stdin) chunks.push(chunk);
  return decodeConnectionToken(Buffer.concat(chunks).toString('utf8').trim());
}

async function contentOfFile(path: string): Promise<TokenContent> {
  const connection = await readConnectionFile(path);
  if (connection === undefined) throw new CliError('NOT_CONNECTED', `there is no connection file ${path}`);
  return { storage: connection.storage, password: '' };
}
