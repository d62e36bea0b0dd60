import type { Repository } from '@holdfast/repository';
import { parseSource, type SnapshotSource } from '@holdfast/uploader';
import type { CliContext } from '../context.ts';
import { parseArgument } from '../errors.ts';

/** A source as the command line names it: a path of this user, or somebody else's in full. Throws USAGE. */
export function sourceOf(text: string, { cwd }: CliContext, { client }: Repository): SnapshotSource {
  const local = { host: client.hostname, userName: client.username, cwd };
  return parseArgument(() => parseSource(text, local));
}
