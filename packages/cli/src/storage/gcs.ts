import { resolve } from 'node:path';
import { type GoJson, parseGoJson } from '@holdfast/repository';
import type { CliContext } from '../context.ts';
import { CliError, usageError } from '../errors.ts';
import { addBucketFlags, type BucketFlags, bucketMembers, readFlagFile, textMember } from './bucket-flags.ts';
import type { StorageProvider } from './provider.ts';

interface GcsFlags extends BucketFlags {
  readonly bucket: string;
  readonly readOnly?: boolean;
  readonly credentialsFile?: string;
  readonly embedCredentials?: boolean;
}

/** A bucket of Google Cloud Storage. Source of flags and members: kopia cli/storage_gcs.go. */
export const gcsProvider: StorageProvider = {
  type: 'gcs',
  description: 'a Google Cloud Storage bucket',
  secrets: ['credentials'],
  locksBlobs: true,
  addFlags: (command) => {
    command.requiredOption('--bucket <name>', 'name of the bucket');
    addBucketFlags(command)
      .option('--read-only', 'ask Google for no more than reading')
      .option('--credentials-file <file>', 'JSON file with the key of a service account')
      .option('--embed-credentials', 'copy that key into the connection');
  },
  location: (command, context) => {
    const flags = command.opts<GcsFlags>();
    return {
      type: 'gcs',
      config: {
        bucket: flags.bucket,
        ...bucketMembers(flags),
        ...credentialsOf(flags, context),
        readOnly: flags.readOnly,
      },
    };
  },
  describe: (location) => `GCS: ${textMember(location, 'bucket')}`,
  capacity: () => Promise.resolve(undefined),
};

function credentialsOf(
  { credentialsFile, embedCredentials }: GcsFlags,
  context: CliContext,
): { credentialsFile?: string; credentials?: GoJson } {
  if (credentialsFile === undefined && embedCredentials !== true) return {};
  if (credentialsFile === undefined) throw usageError('--embed-credentials needs --credentials-file');
  const bytes = readFlagFile(context, credentialsFile);
  if (embedCredentials !== true) return { credentialsFile: resolve(context.cwd, credentialsFile) };
  try {
    return { credentials: parseGoJson(bytes.toString()) };
  } catch (error) {
    throw new CliError('INPUT_INVALID', `${credentialsFile} is not JSON`, error);
  }
}
