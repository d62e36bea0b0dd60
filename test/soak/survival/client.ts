import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { PASSWORD } from '../../support/repository.ts';
import type { Killer } from './killer.ts';

/** The programs that have to get on with each other. */
export const SURVIVORS = ['holdfast', 'kopia'] as const;
/** One of them. */
export type Survivor = (typeof SURVIVORS)[number];

/** How a command ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The command did not end by itself. */
  readonly wasKilled: boolean;
}

/** Who a client is and where. */
export interface ClientOptions {
  readonly tool: Survivor;
  /** Name of the user and of the machine. */
  readonly name: string;
  /** Directory for the configuration, cache and logs. */
  readonly home: string;
  readonly killer: Killer;
}

/** A snapshot as a list shows it. */
export interface ListedSnapshot {
  readonly id: string;
  readonly description: string;
}

/** One of the tools on a machine of its own: name, configuration and cache. Commands are kopia's for both. */
export class Client {
  readonly tool: Survivor;
  readonly name: string;
  readonly home: string;
  readonly #killer: Killer;

  constructor({ tool, name, home, killer }: ClientOptions) {
    this.tool = tool;
    this.name = name;
    this.home = home;
    this.#killer = killer;
    mkdirSync(home, { recursive: true });
  }

  /** Creates the repository, or connects to it. */
  async connect(repository: string, how: 'connect' | 'create' = 'connect'): Promise<void> {
    const identity = [`--override-username=${this.name}`, `--override-hostname=${this.name}`];
    await this.mustRun(['repository', how, 'filesystem', '--path', repository, ...identity]);
    // Otherwise kopia trusts a listing for half a minute, in which more happens here than elsewhere in days.
    if (this.tool === 'kopia') await this.mustRun(['cache', 'set', '--max-list-cache-duration=0s']);
  }

  /** Runs a command that may be killed. */
  async run(args: readonly string[]): Promise<Outcome> {
    const command = `${this.tool} ${args.slice(0, 2).join(' ')}`;
    const startMs = performance.now();
    const outcome = await this.#spawn(args, this.#killer.plan(command));
    if (!outcome.wasKilled) this.#killer.learn(command, performance.now() - startMs);
    return outcome;
  }

  /** Runs a command that is not killed; returns its standard output, throws unless it ends with 0. */
  async mustRun(args: readonly string[]): Promise<string> {
    const outcome = await this.#spawn(args, undefined);
    if (outcome.code === 0) return outcome.stdout;
    throw new Error(failureOf(this, args, outcome));
  }

  /** All snapshots of everybody. */
  async list(): Promise<readonly ListedSnapshot[]> {
    // The tools' own output, which their tests hold them to.
    return JSON.parse(
      await this.mustRun(['snapshot', 'list', '--all', '--show-identical', '--json']),
    ) as ListedSnapshot[];
  }

  async #spawn(args: readonly string[], killAfterMs: number | undefined): Promise<Outcome> {
    const [program = '', ...first] = COMMANDS[this.tool];
    const child = spawn(program, [...first, '--no-auto-maintenance', ...args], {
      env: { ...process.env, ...environmentOf(this.home) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const over = new AbortController();
    const killed = this.#killLater(killAfterMs ?? HANGS_AFTER_MS, over.signal, () => child.kill('SIGKILL'));
    const [code, signal]: readonly unknown[] = await once(child, 'close');
    over.abort();
    await killed;
    if (signal === 'SIGKILL' && killAfterMs === undefined) stderr += ' killed, perhaps for taking too long';
    const wasKilled = signal === 'SIGKILL' && killAfterMs !== undefined;
    return { code: typeof code === 'number' ? code : 128, stdout, stderr, wasKilled };
  }

  async #killLater(ms: number, signal: AbortSignal, kill: () => void): Promise<void> {
    await delay(ms, undefined, { signal }).then(kill, () => undefined);
  }
}

/** A sentence about a command that should have worked. */
export function failureOf(
  { tool, name }: Client,
  args: readonly string[],
  { code, stdout, stderr }: Outcome,
): string {
  const words = `${stdout}\n${stderr}`.trim().slice(-1500);
  return `${tool} of ${name}: ${args.join(' ')} ended with ${code}: ${words}`;
}

const HANGS_AFTER_MS = 180_000;

const COMMANDS: Readonly<Record<Survivor, readonly string[]>> = {
  kopia: ['kopia'],
  holdfast: [
    process.execPath,
    fileURLToPath(new URL('../../../packages/cli/bin/holdfast.js', import.meta.url)),
  ],
};

function environmentOf(home: string): Record<string, string> {
  return {
    HOME: home,
    TZ: 'UTC',
    KOPIA_PASSWORD: PASSWORD,
    KOPIA_CONFIG_PATH: join(home, 'repository.config'),
    KOPIA_CACHE_DIRECTORY: join(home, 'cache'),
    KOPIA_LOG_DIR: join(home, 'logs'),
    KOPIA_CHECK_FOR_UPDATES: 'false',
    // Of all homes together: it halves what a command takes.
    NODE_COMPILE_CACHE: join(home, '..', 'compiled'),
  };
}
