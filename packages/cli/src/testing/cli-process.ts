import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How a run of the command ended. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a run may be given besides arguments. */
export interface CliRun {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Another user to run as; needs root. */
  readonly uid?: number;
}

/** The command in a directory of its own, which is also its home, and which goes with it (`using`). */
export interface CliProcess extends Disposable {
  /** Working directory and home of every run. */
  readonly directory: string;
  /** A path below the directory. */
  path(name: string): string;
  run(args: readonly string[], options?: CliRun): Promise<CliResult>;
  /** As `run`, but throws with the command's own words unless it ends with 0; returns standard output. */
  mustRun(args: readonly string[], options?: CliRun): Promise<string>;
  /** As `mustRun`, for output that is one JSON text. */
  json(args: readonly string[], options?: CliRun): Promise<unknown>;
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

/** Runs the command from its sources as a child process, as a person would. */
export function openCli(): CliProcess {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-cli-'));
  const run: CliProcess['run'] = (args, options) => runCli(directory, args, options);
  const mustRun: CliProcess['mustRun'] = async (args, options) => {
    const result = await run(args, options);
    if (result.code === 0) return result.stdout;
    throw new Error(`holdfast ${args.join(' ')} ended with ${result.code}: ${result.stderr.trim()}`);
  };
  return {
    directory,
    path: (name) => join(directory, name),
    run,
    mustRun,
    json: async (args, options) => JSON.parse(await mustRun(args, options)),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Connects `cli` to a new repository in its directory, whose password is in the environment variable that is returned. */
export async function createRepositoryFor(cli: CliProcess): Promise<{ HOLDFAST_PASSWORD: string }> {
  const env = { HOLDFAST_PASSWORD: 'correct horse' };
  await cli.mustRun(['repository', 'create', 'filesystem', '--path', 'repository'], { env });
  return env;
}

/** The cache halves what a run costs. */
const OWN_ENV = {
  PATH: process.env['PATH'],
  TZ: 'UTC',
  NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
};

async function runCli(
  directory: string,
  args: readonly string[],
  { env = {}, stdin = '', uid }: CliRun = {},
): Promise<CliResult> {
  const temporary = join(directory, 'tmp');
  mkdirSync(temporary, { recursive: true, mode: 0o777 });
  const child = spawn(process.execPath, ['--conditions=source', main, ...args], {
    cwd: directory,
    env: { ...OWN_ENV, HOME: directory, TMPDIR: temporary, ...env },
    ...(uid !== undefined && { uid, gid: uid }),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined).end(stdin);
  const [code] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : null, stdout, stderr };
}
