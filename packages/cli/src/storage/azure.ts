import type { GoJsonObject } from '@holdfast/repository';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { usageError } from '../errors.ts';
import {
  addBucketFlags,
  addEnvOption,
  type BucketFlags,
  bucketMembers,
  secretOf,
  textMember,
} from './bucket-flags.ts';
import type { StorageProvider } from './provider.ts';

interface AzureFlags extends BucketFlags {
  readonly container: string;
  readonly disableTls?: boolean;
}

/** Flags that may be in the environment too, and the members they fill. */
const MEMBERS = [
  ['storage-account', 'storageAccount', 'name of the storage account', 'AZURE_STORAGE_ACCOUNT'],
  ['storage-key', 'storageKey', 'key of the storage account', 'AZURE_STORAGE_KEY'],
  ['storage-domain', 'storageDomain', 'domain of the storage', 'AZURE_STORAGE_DOMAIN'],
  ['sas-token', 'sasToken', 'shared access signature', 'AZURE_STORAGE_SAS_TOKEN'],
  ['tenant-id', 'TenantID', 'tenant of the service principal', 'AZURE_TENANT_ID'],
  ['client-id', 'ClientID', 'ID of the service principal', 'AZURE_CLIENT_ID'],
  ['client-secret', 'ClientSecret', 'secret of the service principal', 'AZURE_CLIENT_SECRET'],
  ['client-cert', 'clientCertificate', 'certificate of the service principal', 'AZURE_CLIENT_CERTIFICATE'],
  [
    'azure-federated-token-file',
    'azureFederatedTokenFile',
    'file with a federated token',
    'AZURE_FEDERATED_TOKEN_FILE',
  ],
] as const;

const SECRETS: readonly string[] = ['storageKey', 'sasToken', 'ClientSecret', 'clientCertificate'];

/** A container of Azure Blob Storage. Source of flags and members: kopia cli/storage_azure.go. */
export const azureProvider: StorageProvider = {
  type: 'azureBlob',
  subcommand: 'azure',
  description: 'an Azure blob container',
  secrets: SECRETS,
  locksBlobs: true,
  addFlags: (command) => {
    command.requiredOption('--container <name>', 'name of the container');
    for (const [flag, , description, variable] of MEMBERS)
      addEnvOption(command, `--${flag} <${flag.split('-').at(-1)}>`, description, variable);
    addBucketFlags(command).option('--disable-tls', 'no TLS (HTTPS)');
  },
  location: (command, context) => {
    const flags = command.opts<AzureFlags>();
    const members = membersOf(command, context);
    if (members['storageAccount'] === undefined)
      throw usageError('--storage-account (or $AZURE_STORAGE_ACCOUNT) is missing');
    return {
      type: 'azureBlob',
      config: {
        container: flags.container,
        ...bucketMembers(flags),
        ...members,
        doNotUseTLS: flags.disableTls,
      },
    };
  },
  describe: (location) => `Azure: ${textMember(location, 'container')}`,
  capacity: () => Promise.resolve(undefined),
};

function membersOf(command: Command, context: CliContext): GoJsonObject {
  const given = command.opts<Readonly<Record<string, string | undefined>>>();
  const entries = MEMBERS.map(([name, member, , variable]) => {
    const value = given[camelCase(name)];
    const found = SECRETS.includes(member) ? secretOf(context, { name, value, variable }) : value;
    return [member, (found ?? context.env[variable] ?? '') || undefined];
  });
  return Object.fromEntries(entries);
}

function camelCase(flag: string): string {
  return flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
