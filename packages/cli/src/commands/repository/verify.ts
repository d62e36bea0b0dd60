import { Option } from 'commander';
import { wholeNumber } from '../../options.ts';
import { globalOptions } from '../../program.ts';
import type { RegisterCommand } from '../index.ts';
import { verifyConnected } from '../verify/verification.ts';

interface VerifyFlags {
  readonly contents?: boolean;
  readonly sampleDays?: number;
  readonly includeDeleted?: boolean;
  readonly parallel: number;
  readonly json?: boolean;
}

/** `repository verify` */
export const registerVerifyRepository: RegisterCommand = (group, context) => {
  const command = group
    .command('verify')
    .description('check that indexes, packs and contents are there and sound')
    .option('--contents', 'read every content: it must decrypt and hash to its name')
    .addOption(
      new Option('--sample-days <n>', 'read a share of the contents, all of them in n daily runs')
        .argParser(wholeNumber(1))
        .conflicts('contents'),
    )
    .option('--include-deleted', 'also contents that are marked as deleted')
    .option('--parallel <n>', 'requests at a time', wholeNumber(1), 4)
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES);
  command.action(async () => {
    const { contents, sampleDays, includeDeleted, parallel, json } = command.opts<VerifyFlags>();
    const all = contents === true ? ({ kind: 'all' } as const) : ({ kind: 'none' } as const);
    await verifyConnected(context, globalOptions(command), {
      read: sampleDays === undefined ? all : { kind: 'share', days: sampleDays },
      includeDeleted: includeDeleted === true,
      parallel,
      json: json === true,
    });
  });
};

const EXAMPLES = `
Examples:
  holdfast repository verify                     compare indexes with what is in storage, reading nothing else
  holdfast repository verify --sample-days 30    every day: and read a thirtieth, another one each day
  holdfast repository verify --contents          and read everything

Ends with 1 when something is missing or damaged.`;
