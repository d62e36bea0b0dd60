import { contentIdFromKey } from '@holdfast/repository';
import { percentage, wholeNumber } from '../../options.ts';
import { globalOptions } from '../../program.ts';
import type { RegisterCommand } from '../index.ts';
import { verifyConnected } from '../verify/verification.ts';
import type { ContentFilter } from './filter.ts';

interface VerifyFlags extends ContentFilter {
  readonly full?: boolean;
  readonly includeDeleted?: boolean;
  readonly downloadPercent: number;
  readonly parallel: number;
  readonly json?: boolean;
}

/** `content verify`: kopia's name for the same as `repository verify`. */
export const registerVerifyContents: RegisterCommand = (group, context) => {
  const command = group
    .command('verify')
    .description('check that each content lies in a pack that is there and long enough')
    .option('--full', 'also read every content')
    .option('--download-percent <percent>', 'also read this share of the contents', percentage, 0)
    .option('--include-deleted', 'also contents that are marked as deleted')
    .option('--parallel <n>', 'requests at a time', wholeNumber(1), 16)
    .option('--prefix <prefix>', 'only IDs that start so')
    .option('--prefixed', 'only IDs with a letter in front: directories, manifests')
    .option('--non-prefixed', 'only IDs without: data of files')
    .option('--json', 'print JSON');
  command.action(async () => {
    const flags = command.opts<VerifyFlags>();
    const { full, includeDeleted, downloadPercent: percent, parallel, json } = flags;
    const some = percent > 0 ? ({ kind: 'percent', percent } as const) : ({ kind: 'none' } as const);
    await verifyConnected(context, globalOptions(command), {
      read: full === true ? { kind: 'all' } : some,
      includeDeleted: includeDeleted === true,
      parallel,
      json: json === true,
      isChosen: (key) => isChosen(key, flags),
    });
  });
};

function isChosen(key: Uint8Array, { prefix = '', prefixed, nonPrefixed }: ContentFilter): boolean {
  if (prefixed === true && key[0] === 0) return false;
  if (nonPrefixed === true && key[0] !== 0) return false;
  return prefix === '' || contentIdFromKey(key).startsWith(prefix);
}
