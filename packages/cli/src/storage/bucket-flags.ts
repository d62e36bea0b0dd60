import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { GoJsonObject, StorageLocation } from '@holdfast/repository';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { usageError } from '../errors.ts';
import { warn } from '../output/messages.ts';

/** Flags that every kind of storage has. */
export interface SpeedFlags {
  readonly maxDownloadSpeed?: number;
  readonly maxUploadSpeed?: number;
}

/** Flags that every kind of bucket has. */
export interface BucketFlags extends SpeedFlags {
  readonly prefix?: string;
  readonly pointInTime?: string;
}

/** Adds them. */
export function addBucketFlags(command: Command): Command {
  command
    .option('--prefix <text>', 'put in front of every name; ends with a slash to be a directory')
    .option(
      '--point-in-time <time>',
      'the bucket as it was then, when it keeps versions; for reading',
      parsePointInTime,
    );
  return addSpeedFlags(command);
}

/** Adds the limits of speed. Source: kopia cli/storage_providers.go. */
export function addSpeedFlags(command: Command): Command {
  return command
    .option('--max-download-speed <bytes-per-second>', 'limit of downloads', positive)
    .option('--max-upload-speed <bytes-per-second>', 'limit of uploads', positive);
}

/** Members of the connection that they fill. */
export function bucketMembers({ prefix, pointInTime, ...speeds }: BucketFlags): GoJsonObject {
  return { prefix, ...speedMembers(speeds), pointInTime };
}

/** Members of the connection that limits of speed fill. */
export function speedMembers({ maxDownloadSpeed, maxUploadSpeed }: SpeedFlags): GoJsonObject {
  return {
    maxUploadSpeedBytesPerSecond: maxUploadSpeed,
    maxDownloadSpeedBytesPerSecond: maxDownloadSpeed,
  };
}

/** An option whose value may also be in the environment. */
export function addEnvOption(
  command: Command,
  flags: string,
  description: string,
  variable: string,
): Command {
  return command.addOption(new Option(flags, `${description} ($${variable})`));
}

/** The value of a flag, else that of its variable, else ''. Warns of a secret that others can see in the list of processes. */
export function secretOf(
  context: CliContext,
  flag: { readonly name: string; readonly value: string | undefined; readonly variable: string },
): string {
  if (flag.value === undefined) return context.env[flag.variable] ?? '';
  warn(
    context,
    `others on this machine can see --${flag.name} in the list of processes; $${flag.variable} is safer`,
  );
  return flag.value;
}

/** A member of a connection that is a text; '' when it isn't. */
export function textMember({ config }: StorageLocation, name: string): string {
  const value = config[name];
  return typeof value === 'string' ? value : '';
}

/** Parser of a time such as 2026-01-31T00:00:00Z. */
function parsePointInTime(text: string): string {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('It must be a time such as 2026-01-31T00:00:00Z.');
}

/** The bytes of a file that a flag names. Throws system errors. */
export function readFlagFile(context: CliContext, path: string): Buffer {
  return readFileSync(resolve(context.cwd, path));
}

/** Throws a usage error when both are given. */
export function notBoth(a: [flag: string, value: unknown], b: [flag: string, value: unknown]): void {
  if (a[1] !== undefined && b[1] !== undefined)
    throw usageError(`${a[0]} and ${b[0]} cannot be used together`);
}

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}
