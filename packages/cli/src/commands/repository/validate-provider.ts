import {
  type BlobStorage,
  type ConcurrencyTest,
  openStorage,
  type ProviderCheck,
  RepositoryError,
  validateProvider,
} from '@holdfast/repository';
import { Option } from 'commander';
import type { CliContext } from '../../context.ts';
import { CliError } from '../../errors.ts';
import { durationMs, wholeNumber } from '../../options.ts';
import { counted } from '../../output/units.ts';
import { sendJson } from '../../output/send.ts';
import { globalOptions } from '../../program.ts';
import { connectionEnvironment } from '../../session/environment.ts';
import { type OpenedRepository, withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';

interface ValidateFlags {
  readonly numStorageConnections: number;
  readonly concurrencyTestDuration: number;
  readonly putBlobWorkers: number;
  readonly getBlobWorkers: number;
  readonly getMetadataWorkers: number;
  readonly json?: boolean;
}

/** `repository validate-provider`; flags and defaults are kopia's. Source: kopia internal/providervalidation. */
export const registerValidateProvider: RegisterCommand = (group, context) => {
  const command = group
    .command('validate-provider')
    .description('try the storage for everything that a repository relies on')
    .option('--num-storage-connections <n>', 'connections to the storage', wholeNumber(1), 5)
    .addOption(
      new Option(
        '--concurrency-test-duration <time>',
        'how long to try everything at the same time, such as 5m',
      )
        .argParser(durationMs)
        .default(30_000, '30s'),
    )
    .option('--put-blob-workers <n>', 'that write at the same time', wholeNumber(1), 3)
    .option('--get-blob-workers <n>', 'that read meanwhile', wholeNumber(), 3)
    .option('--get-metadata-workers <n>', 'that look blobs up meanwhile', wholeNumber(), 3)
    .option('--json', 'print JSON')
    .addHelpText('after', NOTES);
  command.action(async () => {
    const flags = command.opts<ValidateFlags>();
    await withRepository(context, globalOptions(command), { access: 'write' }, (opened) =>
      validate(context, opened, flags),
    );
  });
};

const NOTES = `
It writes some hundred megabytes under names of its own (z and random digits), and deletes them again; nothing else is
touched. Where the bucket has object lock, one blob of six bytes stays for a minute and a half, locked. What is skipped can't be tried
there. Ends with 1 when the storage lacks something.`;

async function validate(context: CliContext, opened: OpenedRepository, flags: ValidateFlags): Promise<void> {
  const { repository, connection } = opened;
  if (connection.readonly)
    throw new RepositoryError(
      'STORAGE_READ_ONLY',
      'this connection is for reading only: connect without --readonly to try the storage',
    );
  const others: BlobStorage[] = [];
  const checks: ProviderCheck[] = [];
  try {
    const environment = connectionEnvironment(context, connection);
    while (others.length < flags.numStorageConnections - 1)
      others.push(await openStorage(connection.storage, 'read-write', environment));
    await validateProvider(repository.storage, {
      clock: context.clock,
      signal: context.signal,
      otherConnections: others,
      needsLock: repository.opened.retention !== undefined,
      concurrencyTest: concurrencyTestOf(flags),
      onCheck: (check) => {
        checks.push(check);
        if (flags.json !== true) context.stdout.write(`${checkText(check)}\n`);
      },
    });
  } finally {
    await Promise.all(others.map((storage) => storage.close()));
  }
  const lacking = checks.filter(({ observed }) => observed !== undefined).length;
  if (flags.json === true) await sendChecks(context, repository.storage, checks);
  if (lacking > 0)
    throw new CliError(
      'VERIFICATION_FAILED',
      `${repository.storage.description} fails ${counted(lacking, 'check')}: backups there are not safe`,
    );
}

function concurrencyTestOf(flags: ValidateFlags): ConcurrencyTest {
  return {
    durationMs: flags.concurrencyTestDuration,
    putWorkers: flags.putBlobWorkers,
    getWorkers: flags.getBlobWorkers,
    getMetadataWorkers: flags.getMetadataWorkers,
    listWorkers: 3,
  };
}

function checkText({ expectation, observed, skipped }: ProviderCheck): string {
  if (skipped !== undefined) return `skip  ${expectation}: ${skipped}`;
  return observed === undefined ? `pass  ${expectation}` : `FAIL  ${expectation}: ${observed}`;
}

async function sendChecks(
  { stdout }: CliContext,
  { description }: BlobStorage,
  checks: readonly ProviderCheck[],
): Promise<void> {
  await sendJson(stdout, {
    storage: description,
    passed: checks.every(({ observed }) => observed === undefined),
    checks: checks.map(({ expectation, observed, skipped }) => ({
      expectation,
      ...(skipped === undefined ? { passed: observed === undefined } : { skipped }),
      ...(observed !== undefined && { observed }),
    })),
  });
}
