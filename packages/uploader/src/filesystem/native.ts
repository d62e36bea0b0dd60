import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import type * as Koffi from 'koffi';
import { errnoException, exceptionOf } from './errno.ts';
import { type NodePath, nodePath } from './path.ts';

/** Linux calls that `node:fs` lacks. Each returns -1 on failure, with the reason in `errno()`.
 *  Paths are NUL-terminated bytes (see `cString`); a call costs about 0.2 us over the kernel's own time. */
export interface NativeCalls {
  statx(dirFd: number, path: Buffer, flags: number, mask: number, out: Buffer): number;
  utimensat(dirFd: number, path: Buffer, times: Buffer, flags: number): number;
  futimens(fd: number, times: Buffer): number;
  lseek(fd: number, offset: number, whence: number): number;
  getdents(fd: number, out: Buffer, length: number): number;
  mknodat(number: number, dirFd: number, path: Buffer, mode: number, device: number): number;
  llistxattr(path: Buffer, out: Buffer, length: number): number;
  listxattrat(
    number: number,
    dirFd: number,
    path: Buffer,
    flags: number,
    out: Buffer,
    length: number,
  ): number;
  flistxattr(fd: number, out: Buffer, length: number): number;
  lgetxattr(path: Buffer, name: Buffer, out: Buffer, length: number): number;
  fgetxattr(fd: number, name: Buffer, out: Buffer, length: number): number;
  lsetxattr(path: Buffer, name: Buffer, value: Buffer, length: number, flags: number): number;
  fsetxattr(fd: number, name: Buffer, value: Buffer, length: number, flags: number): number;
  lremovexattr(path: Buffer, name: Buffer): number;
  fremovexattr(fd: number, name: Buffer): number;
  errno(): number;
}

/** `dirFd` for a path that is relative to the working directory. */
export const AT_FDCWD = -100;
/** Acts on a symbolic link, not on what it points to. */
export const AT_SYMLINK_NOFOLLOW = 0x100;
/** Doesn't mount what an automounter would. */
export const AT_NO_AUTOMOUNT = 0x800;

/** Constant `SYS_mknodat` by architecture: C libraries before glibc 2.33 export no such function. Only 64-bit little-endian
 *  machines are here, so that `struct timespec` and `struct statx` have the layout this folder writes and reads. */
const MKNODAT: Readonly<Record<string, number>> = { x64: 259, arm64: 33, riscv64: 33, loong64: 33 };

/** Number of the system call that makes FIFOs and devices on this machine. */
export const SYS_MKNODAT: number = MKNODAT[process.arch] ?? -1;

/** Number of `listxattrat`, on every machine that has it: Linux 6.13 and later. C libraries have no name for it yet. */
export const SYS_LISTXATTRAT = 465;

/** The C library's names and types; the first that exists is taken (musl says `getdents`). */
const DECLARATIONS: Readonly<Record<Exclude<keyof NativeCalls, 'errno'>, readonly string[]>> = {
  statx: ['int statx(int dirFd, const void *path, int flags, uint32_t mask, void *out)'],
  utimensat: ['int utimensat(int dirFd, const void *path, const void *times, int flags)'],
  futimens: ['int futimens(int fd, const void *times)'],
  lseek: ['int64_t lseek(int fd, int64_t offset, int whence)'],
  getdents: [
    'int64_t getdents64(int fd, void *out, size_t length)',
    'int64_t getdents(int fd, void *out, size_t length)',
  ],
  mknodat: ['long syscall(long number, int dirFd, const void *path, uint32_t mode, uint32_t device)'],
  llistxattr: ['int64_t llistxattr(const void *path, void *out, size_t length)'],
  listxattrat: [
    'long syscall(long number, int dirFd, const void *path, uint32_t flags, void *out, size_t length)',
  ],
  flistxattr: ['int64_t flistxattr(int fd, void *out, size_t length)'],
  lgetxattr: ['int64_t lgetxattr(const void *path, const void *name, void *out, size_t length)'],
  fgetxattr: ['int64_t fgetxattr(int fd, const void *name, void *out, size_t length)'],
  lsetxattr: [
    'int lsetxattr(const void *path, const void *name, const void *value, size_t length, int flags)',
  ],
  fsetxattr: ['int fsetxattr(int fd, const void *name, const void *value, size_t length, int flags)'],
  lremovexattr: ['int lremovexattr(const void *path, const void *name)'],
  fremovexattr: ['int fremovexattr(int fd, const void *name)'],
};

let loaded: NativeCalls | null | undefined;

/** The calls, or undefined where they can't be loaded: times then go through a double, holes are read, extended attributes
 *  are left out, FIFOs and devices refused. Loaded when first asked for, as a thread must not be ended meanwhile: that
 *  aborts the process (`WorkerPool.close`). */
export function nativeCalls(): NativeCalls | undefined {
  loaded ??= loadCalls() ?? null;
  return loaded ?? undefined;
}

const LONGEST_PATH = 4095;
const LONGEST_NAME = 255;
// A UTF-16 unit is up to three bytes of UTF-8: a string that is too long is seen to be, not cut.
const pathScratch = Buffer.allocUnsafeSlow(3 * LONGEST_PATH + 1);
const nameScratch = Buffer.allocUnsafeSlow(3 * LONGEST_NAME + 1);

/** `path` as a C string in a buffer that the next call overwrites. */
export function cPath(path: NodePath, syscall: string): Buffer {
  return cString(pathScratch, LONGEST_PATH, path, syscall);
}

/** The name of an extended attribute, in bytes, as a C string in a buffer that the next call overwrites. */
export function cName(name: string, syscall: string): Buffer {
  return cString(nameScratch, LONGEST_NAME, nodePath(name), syscall);
}

/** The error of the native call that has just failed. */
export function nativeError(calls: NativeCalls, syscall: string, path?: NodePath): NodeJS.ErrnoException {
  return exceptionOf(calls.errno(), syscall, path?.toString());
}

function cString(scratch: Buffer, longest: number, text: NodePath, syscall: string): Buffer {
  const length = typeof text === 'string' ? scratch.write(text, 'utf8') : text.copy(scratch);
  if (length > longest) throw errnoException('ENAMETOOLONG', syscall, text.toString());
  if (text.includes('\0')) throw errnoException('EINVAL', syscall, text.toString());
  scratch[length] = 0;
  return scratch;
}

function loadCalls(): NativeCalls | undefined {
  if (process.platform !== 'linux' || SYS_MKNODAT < 0 || endianness() !== 'LE') return undefined;
  try {
    const calls = bindCalls(createRequire(import.meta.url)('koffi'));
    // Old sandboxes refuse the newest of the calls.
    return calls.statx(AT_FDCWD, Buffer.from('/\0'), 0, 0, Buffer.alloc(256)) === 0 ? calls : undefined;
  } catch {
    // No prebuilt koffi for this system, or a C library that lacks a call: node:fs alone then.
    return undefined;
  }
}

function bindCalls(koffi: typeof Koffi): NativeCalls {
  const library = koffi.load(null);
  const bound: Record<string, unknown> = { errno: () => koffi.errno() };
  for (const [name, declarations] of Object.entries(DECLARATIONS)) {
    bound[name] = bindFirst(library, declarations);
  }
  // The C declarations above say these types; TypeScript can't read them.
  return bound as unknown as NativeCalls;
}

function bindFirst(library: Koffi.LibraryHandle, declarations: readonly string[]): unknown {
  const [first = '', ...others] = declarations;
  try {
    return library.func(first);
  } catch (error) {
    if (others.length === 0) throw error;
    return bindFirst(library, others);
  }
}
