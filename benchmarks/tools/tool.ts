import { tmpdir } from 'node:os';
import path from 'node:path';

import { spawnSync } from 'node:child_process';
import type { BenchmarkCase } from '../cases.ts';
import type { CommandLine } from '../measure.ts';

/** A bucket of an object store without TLS. */
export interface BucketPlace {
  /** `host:port` */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

/** Where one run keeps its things, all of them new and empty. */
export interface Workspace {
  readonly source: string;
  readonly repository: string;
  /** Configuration, cache and logs. */
  readonly home: string;
  readonly restored: string;
  /** Where the repository is instead of `repository`. */
  readonly bucket?: BucketPlace;
  readonly compression: BenchmarkCase['compression'];
}

/** A backup program as the harness drives it. */
export interface BackupTool {
  readonly name: string;
  /** What it says its version is, or undefined when it is not installed. */
  version(): string | undefined;
  /** Makes and configures the repository; not measured. */
  create(workspace: Workspace): void;
  backup(workspace: Workspace): CommandLine;
  /** Restores the newest snapshot to `workspace.restored`. */
  restore(workspace: Workspace): CommandLine;
}

/** Runs a command that is not measured; returns its standard output, throws with its words when it fails. */
export function runUnmeasured(command: CommandLine): string {
  const result = spawnSync(command.program, command.args, {
    cwd: command.cwd,
    env: { ...command.env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 << 20,
  });
  if (result.error) throw result.error;
  if (result.status === 0) return result.stdout;
  throw new Error(
    `${command.program} ${command.args.join(' ')} ended with ${result.status}: ${result.stderr}`,
  );
}

/** First line of what a program prints for its version, or undefined when it cannot be started. */
export function versionOf(program: string, args: readonly string[]): string | undefined {
  const result = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return result.status === 0 ? result.stdout.split('\n')[0] : undefined;
}

/** The environment of a tool: the search path and what it needs, nothing of the user's. */
export function toolEnvironment(
  home: string,
  additions: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    XDG_CACHE_HOME: `${home}/cache`,
    // Compiled code outlives the caches of a run, as it does on a user's machine; other tools come compiled.
    NODE_COMPILE_CACHE: path.join(tmpdir(), 'holdfast-benchmark-compiled'),
    ...additions,
  };
}

/** The keys of a bucket, as every tool finds them. */
export function bucketEnvironment(bucket: BucketPlace | undefined): Record<string, string> {
  if (bucket === undefined) return {};
  return {
    AWS_ACCESS_KEY_ID: bucket.accessKey,
    AWS_SECRET_ACCESS_KEY: bucket.secretKey,
    AWS_DEFAULT_REGION: bucket.region,
  };
}
