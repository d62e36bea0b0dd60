import type { NewFormat } from '@holdfast/repository';
import type { Command } from 'commander';
import { usageError } from '../../errors.ts';
import { choice, durationMs } from '../../options.ts';
import type { StorageProvider } from '../../storage/provider.ts';

/** How long blobs of a new repository are kept from deletion. */
export interface RetentionFlags {
  readonly retentionMode?: 'GOVERNANCE' | 'COMPLIANCE';
  readonly retentionPeriod?: number;
}

/** Adds them. */
export function addRetentionFlags(command: Command): void {
  choice(command, '--retention-mode <mode>', 'how object storage keeps blobs from deletion', [
    'GOVERNANCE',
    'COMPLIANCE',
  ]);
  command.option('--retention-period <duration>', 'how long it does, at least 24h', durationMs);
}

/** What they say. Throws USAGE, before anything is made, when there is no such thing or only half of it is said. */
export function retentionOf(
  { retentionMode: mode, retentionPeriod: periodMs }: RetentionFlags,
  { locksBlobs }: Pick<StorageProvider, 'locksBlobs'>,
): Pick<NewFormat, 'retention'> {
  if (mode === undefined && periodMs === undefined) return {};
  if (!locksBlobs)
    throw usageError(
      'a file system cannot keep blobs from deletion: --retention-mode and --retention-period are for object storage',
    );
  if (mode === undefined || periodMs === undefined)
    throw usageError('--retention-mode and --retention-period go together');
  return { retention: { mode, periodMs } };
}
