import type { StorageLocation } from '@holdfast/repository';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { azureProvider } from './azure.ts';
import { filesystemProvider } from './filesystem.ts';
import { gcsProvider } from './gcs.ts';
import { s3Provider } from './s3.ts';

/** How much a storage can hold, in bytes. */
export interface Capacity {
  readonly capacity: number;
  readonly available: number;
}

/** What the command line knows of one kind of storage. */
export interface StorageProvider {
  /** kopia's name of the type. */
  readonly type: string;
  /** Its subcommand of `repository create` and `repository connect`, where that isn't the type. */
  readonly subcommand?: string;
  /** For `Create a repository in ...`. */
  readonly description: string;
  /** Members of the connection that nobody may see. */
  readonly secrets: readonly string[];
  /** It can keep blobs from deletion for a time. */
  readonly locksBlobs: boolean;
  addFlags(command: Command): void;
  /** The place that the flags name. */
  location(command: Command, context: CliContext, use: { readonly formatVersion?: number }): StorageLocation;
  /** The place in few words, such as `Filesystem: /backups`. */
  describe(location: StorageLocation): string;
  /** Undefined for a storage without bounds. */
  capacity(location: StorageLocation): Promise<Capacity | undefined>;
}

/** Every kind of storage. */
export const PROVIDERS: readonly StorageProvider[] = [
  filesystemProvider,
  s3Provider,
  azureProvider,
  gcsProvider,
];

/** The provider for locations of a type. */
export function providerOf({ type }: StorageLocation): StorageProvider | undefined {
  return PROVIDERS.find((provider) => provider.type === type);
}

/** A place in few words, for messages. */
export function describeLocation(location: StorageLocation): string {
  return providerOf(location)?.describe(location) ?? location.type;
}
