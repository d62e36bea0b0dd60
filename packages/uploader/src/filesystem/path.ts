import { closeSync, constants, openSync } from 'node:fs';
import { errnoException } from './errno.ts';

/** A path as `node:fs` takes it: a string when it is plain ASCII, else its bytes. */
export type NodePath = string | Buffer;

/** A directory whose children can be named, however long its path is. */
export interface DirHandle {
  /** The directory itself, to be opened, listed or given attributes. The result of a long path is valid only until `close`. */
  self(): NodePath;
  /** The child called `name`, a byte name; EINVAL for what is not the name of a child (empty, `.`, `..`, with `/` or NUL).
   *  The result of a long path is valid only until `close`. */
  child(name: string): NodePath;
  /** A descriptor of the directory, opened when first asked for and owned by the handle; ENOTDIR for a link to one. */
  fd(): number;
  /** Closes what was opened; may be called twice. */
  close(): void;
}

/** Longer directories are reached through a descriptor: the kernel takes 4096 bytes with the child's 255 and its slash. */
const LONGEST_PATH = 3500;
const OPEN_DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const NOT_ASCII = /[\x80-\xff]/;

/** The byte path of a path given as text. */
export function bytePath(text: string): string {
  return NOT_ASCII_TEXT.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}
const NOT_ASCII_TEXT = /[^\0-\x7f]/;

/** A byte path as text to show; bytes that aren't UTF-8 become U+FFFD. */
export function displayPath(bytes: string): string {
  return NOT_ASCII.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
}

/** A byte path as `node:fs` takes it. */
export function nodePath(bytes: string): NodePath {
  return NOT_ASCII.test(bytes) ? Buffer.from(bytes, 'latin1') : bytes;
}

/** Opens the directory at a byte path of any length. Costs no system call unless the path is long. */
export function openDirHandle(path: string): DirHandle {
  return new PathDirHandle(path);
}

class PathDirHandle implements DirHandle {
  readonly #self: string;
  readonly #prefix: string;
  #descriptor = -1;

  constructor(path: string) {
    const isLong = path.length > LONGEST_PATH && process.platform === 'linux';
    if (isLong) this.#descriptor = openLongDirectory(path);
    // The dot leads through the link to the directory, also those calls that follow no link at the end of a path.
    this.#self = isLong ? `/proc/self/fd/${this.#descriptor}/.` : path;
    this.#prefix = this.#self.endsWith('/') ? this.#self : `${this.#self}/`;
  }

  self(): NodePath {
    return nodePath(this.#self);
  }

  child(name: string): NodePath {
    return nodePath(this.#prefix + checkedName(name));
  }

  fd(): number {
    if (this.#descriptor < 0) this.#descriptor = openSync(this.self(), OPEN_DIRECTORY);
    return this.#descriptor;
  }

  close(): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor);
    this.#descriptor = -1;
  }
}

/** `name` when it can only be a child of a directory; names out of a repository must not climb out of the target. */
export function checkedName(name: string): string {
  const isChild = name !== '' && name !== '.' && name !== '..' && !name.includes('/') && !name.includes('\0');
  if (!isChild) throw errnoException('EINVAL', 'open', displayPath(name));
  return name;
}

/** Opens a path beyond the kernel's limit in steps, each relative to the descriptor of the one before. */
function openLongDirectory(path: string): number {
  let rest = path;
  let base = -1;
  while (rest.length > 0) {
    const cut = rest.length > LONGEST_PATH ? rest.lastIndexOf('/', LONGEST_PATH) : rest.length;
    const step = cut > 0 ? rest.slice(0, cut) : rest;
    const next = openStep(base, step);
    rest = rest.slice(step.length).replace(/^\/+/, '');
    base = next;
  }
  return base;
}

function openStep(base: number, step: string): number {
  try {
    return openSync(nodePath(base < 0 ? step : `/proc/self/fd/${base}/${step}`), OPEN_DIRECTORY);
  } finally {
    if (base >= 0) closeSync(base);
  }
}
