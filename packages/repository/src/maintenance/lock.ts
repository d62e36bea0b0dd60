import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';

/** Keeps two maintenances of one repository from running on this machine at a time: a file that holds the number and the
 *  start of the process. One left behind by a process that is gone is taken over.
 *  Undefined when somebody else holds it. */
export function tryLock(file: string): Disposable | undefined {
  if (heldHere.has(file)) return undefined;
  if (!create(file)) {
    if (isHeld(file)) return undefined;
    rmSync(file, { force: true });
    if (!create(file)) return undefined;
  }
  heldHere.add(file);
  return {
    [Symbol.dispose]: () => {
      heldHere.delete(file);
      rmSync(file, { force: true });
    },
  };
}

/** Locks of this process: in a container the process before this one may have had the same number. */
const heldHere = new Set<string>();

function create(file: string): boolean {
  try {
    const fd = openSync(file, 'wx', 0o600);
    try {
      writeSync(fd, identityOf(process.pid));
    } finally {
      closeSync(fd);
    }
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function isHeld(file: string): boolean {
  const identity = read(file);
  const pid = Number(/^\d+/.exec(identity)?.[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid || !isAlive(pid)) return false;
  return identity === identityOf(pid);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Number of a process and, where /proc tells, when it started: numbers are used again. */
function identityOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return `${pid} ${started}\n`;
  } catch {
    return `${pid}\n`;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
