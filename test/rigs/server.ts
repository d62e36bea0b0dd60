import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@holdfast/repository';
import { findRig, type RigName } from './installed.ts';

/** A running server with a directory of its own. */
export interface RunningServer {
  readonly directory: string;
  /** Ends the process and deletes the directory. Idempotent. */
  stop(): Promise<void>;
}

/** How to start one. */
export interface ServerPlan {
  readonly rig: RigName;
  /** Arguments, given the server's new directory. */
  readonly args: (directory: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it serves already; may throw while it doesn't. */
  readonly isReady: () => Promise<boolean>;
}

/** Runs a server until standard input ends, so that it never outlives the tests, however they end. Not politely: nothing that is in
 *  there will be wanted again, and some take half a minute to say goodbye. */
const WITH_US =
  'exec 3<&0; "$@" </dev/null 3<&- & server=$!; (cat <&3 >/dev/null; kill -9 $server) 2>/dev/null & exec 3<&-; wait $server';

const READY_WITHIN_MS = 60_000;

/** Starts a server and waits until it serves; throws with the end of its log when it doesn't. */
export async function startServer(plan: ServerPlan): Promise<RunningServer> {
  const program = findRig(plan.rig);
  if (program === undefined) throw new Error(`${plan.rig} is not installed: run .ci/install-rigs`);
  const directory = mkdtempSync(join(tmpdir(), `holdfast-${plan.rig}-`));
  const logPath = join(directory, 'server.log');
  const log = createWriteStream(logPath);
  await once(log, 'open');
  const child = spawn('sh', ['-c', WITH_US, 'sh', program, ...plan.args(directory)], {
    cwd: directory,
    env: { ...process.env, ...plan.env },
    stdio: ['pipe', log, log],
  });
  const exit = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve);
  });
  const stop = async (): Promise<void> => {
    child.stdin.end();
    if (child.exitCode === null && child.signalCode === null) await exit;
    log.destroy();
    await rm(directory, { recursive: true, force: true });
  };
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  if (await becomesReady(plan, hasEnded)) return { directory, stop };
  const said = readFileSync(logPath, 'utf8').slice(-2000);
  await stop();
  throw new Error(`${plan.rig} did not start: ${said}`);
}

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function becomesReady({ isReady }: ServerPlan, hasEnded: () => boolean): Promise<boolean> {
  for (const endMs = systemClock.nowMs() + READY_WITHIN_MS; systemClock.nowMs() < endMs;) {
    if (hasEnded()) return false;
    if (await isReady().catch(() => false)) return true;
    await systemClock.sleep(50);
  }
  return false;
}
