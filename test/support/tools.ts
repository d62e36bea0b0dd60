import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A program of someone else that tests run against when it is on PATH. */
export type ToolName = 'kopia' | 'restic';

/** How a run ended; `stdout` and `stderr` are text. */
export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An installed tool with configuration, cache and log directories of its own, gone with it (`using`). */
export interface Tool extends Disposable {
  readonly path: string;
  /** The environment that keeps the tool away from the user's own files; `KOPIA_CONFIG_PATH` and the like. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs to the end without standard input; never throws for an exit code. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): ToolResult;
  /** As `run`, but throws with the tool's own words unless it ends with 0; returns standard output. */
  mustRun(args: readonly string[], env?: Readonly<Record<string, string>>): string;
}

/** Path of `name` on PATH, or undefined. */
export function findTool(name: ToolName): string | undefined {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

/** What a skipped test is called, so that its report says why: `describe.skipIf(!findTool('kopia'))(titleFor('kopia', ...))`. */
export function titleFor(name: ToolName, title: string): string {
  return findTool(name) ? title : `${title} [skipped: no ${name} on PATH]`;
}

/** The tool called `name` in a fresh environment; throws when it is not installed. */
export function openTool(name: ToolName): Tool {
  const path = findTool(name);
  if (!path) throw new Error(`${name} is not on PATH`);
  const home = mkdtempSync(join(tmpdir(), `holdfast-${name}-`));
  const toolEnv = environments[name](home);
  const run: Tool['run'] = (args, env) => runTool(path, args, { ...process.env, ...toolEnv, ...env });
  return {
    path,
    env: toolEnv,
    run,
    mustRun: (args, env) => {
      const result = run(args, env);
      if (result.code === 0) return result.stdout;
      throw new Error(`${name} ${args.join(' ')} ended with ${result.code}: ${result.stderr.trim()}`);
    },
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

const environments: Record<ToolName, (home: string) => Record<string, string>> = {
  kopia: (home) => ({
    HOME: home,
    KOPIA_CONFIG_PATH: join(home, 'repository.config'),
    KOPIA_CACHE_DIRECTORY: ensureDirectory(home, 'cache'),
    KOPIA_LOG_DIR: ensureDirectory(home, 'logs'),
    KOPIA_CHECK_FOR_UPDATES: 'false',
    KOPIA_PASSWORD: 'test-password',
  }),
  restic: (home) => ({
    HOME: home,
    RESTIC_CACHE_DIR: ensureDirectory(home, 'cache'),
    RESTIC_PASSWORD: 'test-password',
  }),
};

function runTool(path: string, args: readonly string[], env: NodeJS.ProcessEnv): ToolResult {
  const result = spawnSync(path, args, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 256 << 20,
  });
  if (result.error) throw result.error;
  return { code: result.status ?? 128, stdout: result.stdout, stderr: result.stderr };
}

function ensureDirectory(parent: string, name: string): string {
  const directory = join(parent, name);
  mkdirSync(directory);
  return directory;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
