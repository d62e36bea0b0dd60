import {
  applyFormatRecovery,
  type BlobStorage,
  hasFormatBlob,
  openStorage,
  planFormatRecovery,
} from '@holdfast/repository';
import { type Command, Option } from 'commander';
import type { CliContext } from '../../context.ts';
import { repeatable } from '../../options.ts';
import { tell } from '../../output/messages.ts';
import { PROVIDERS, type StorageProvider } from '../../storage/provider.ts';
import type { RegisterCommand } from '../index.ts';

interface RepairFlags {
  readonly recoverFormat: 'auto' | 'yes' | 'no';
  readonly recoverFormatBlockPrefixes: readonly string[];
  readonly dryRun?: boolean;
}

/** `repository repair <storage>`; flags are kopia's. Source: kopia cli/command_repository_repair.go. */
export const registerRepair: RegisterCommand = (group, context) => {
  const parent = group
    .command('repair')
    .description('bring a lost kopia.repository back from a copy in packs, which older formats have');
  for (const provider of PROVIDERS) {
    const command = parent
      .command(provider.subcommand ?? provider.type)
      .description(`repair a repository in ${provider.description}`);
    provider.addFlags(command);
    addRepairFlags(command);
    command.action(async () => repairAt(context, command, provider));
  }
};

function addRepairFlags(command: Command): void {
  command
    .addOption(
      new Option('--recover-format <when>', 'auto only when kopia.repository is missing; yes replaces it')
        .choices(['auto', 'yes', 'no'])
        .default('auto'),
    )
    .option('-n, --dry-run', 'only look for a copy');
  repeatable(
    command,
    '--recover-format-block-prefixes <prefix>',
    'look in packs that start so (p and q; can be repeated)',
  );
}

async function repairAt(context: CliContext, command: Command, provider: StorageProvider): Promise<void> {
  const flags = command.opts<RepairFlags>();
  if (flags.recoverFormat === 'no') return;
  const access = flags.dryRun === true ? 'read-only' : 'read-write';
  const location = provider.location(command, context, {});
  const storage = await openStorage(location, access, context.cost.environment());
  try {
    await repair(context, storage, flags);
  } finally {
    await storage.close();
  }
}

async function repair(context: CliContext, storage: BlobStorage, flags: RepairFlags): Promise<void> {
  const { recoverFormat, recoverFormatBlockPrefixes: chosen, dryRun } = flags;
  const call = { signal: context.signal };
  if (recoverFormat === 'auto' && (await hasFormatBlob(storage, call)))
    return tell(context, 'kopia.repository is there; --recover-format=yes replaces it by a copy.');
  const prefixes = chosen.length > 0 ? chosen : ['p', 'q'];
  const plan = await planFormatRecovery(storage, { prefixes, ...call });
  if (dryRun === true) return tell(context, `Found a copy of kopia.repository in ${plan.pack}.`);
  await applyFormatRecovery(storage, plan, call);
  tell(context, `Recovered kopia.repository from ${plan.pack}.`);
}
