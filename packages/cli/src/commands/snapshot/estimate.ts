import { resolve } from 'node:path';
import { type Estimate, estimateTree } from '@holdfast/uploader';
import { InvalidArgumentError } from 'commander';
import { wholeNumber } from '../../options.ts';
import { tell } from '../../output/messages.ts';
import { sendJson, sendLines } from '../../output/send.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import { estimateJson, estimateLines } from './estimate-report.ts';
import type { RegisterCommand } from '../index.ts';

/** The flags of `snapshot estimate`. */
export interface EstimateFlags {
  readonly showFiles?: boolean;
  readonly quiet?: boolean;
  /** Megabits a second. */
  readonly uploadSpeed: number;
  readonly maxExamplesPerBucket: number;
  readonly json?: boolean;
}

/** `snapshot estimate` */
export const registerEstimate: RegisterCommand = (group, context) => {
  const command = group
    .command('estimate')
    .description('say what a snapshot would hold and leave out, without taking it')
    .argument('<source>', 'directory')
    .option('--show-files', 'name examples of files')
    .option('-q, --quiet', 'do not tell of directories on the way')
    .option('--upload-speed <mbit/s>', 'speed to estimate the time with', speed, 10)
    .option('--max-examples-per-bucket <n>', 'files to name of each range of sizes', wholeNumber(), 10)
    .option('--json', 'print JSON');
  command.action(async (path: string) => {
    const flags = command.opts<EstimateFlags>();
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      const { hostname: host, username: userName } = repository.client;
      const directory = resolve(context.cwd, path);
      const isQuiet = flags.quiet === true || flags.json === true;
      const estimate: Estimate = await estimateTree(repository, {
        source: { host, userName, path: directory },
        path: directory,
        examples: flags.maxExamplesPerBucket,
        signal: context.signal,
        ...(!isQuiet && { onDirectory: (name: string) => tell(context, `Analyzing ${name}...`) }),
      });
      if (flags.json === true) await sendJson(context.stdout, estimateJson(estimate, flags));
      else await sendLines(context.stdout, estimateLines(estimate, flags));
    });
  });
};

function speed(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number of megabits a second.');
}
