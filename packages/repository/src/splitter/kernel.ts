import { invariant } from '../errors.ts';
import { KERNELS_BASE64 } from './kernel.wasm.ts';

declare global {
  /** As much of WebAssembly as is used here: the types of Node leave it out. */
  namespace WebAssembly {
    interface Memory {
      readonly buffer: ArrayBuffer;
      grow(pages: number): number;
    }
    var Memory: new (descriptor: { initial: number; maximum?: number }) => Memory;
    interface Module {}
    var Module: new (bytes: Uint8Array) => Module;
    interface Instance {
      readonly exports: Readonly<Record<string, unknown>>;
    }
    var Instance: new (module: Module, imports: { splitter: { memory: Memory } }) => Instance;
  }
}

/** Memory of a thread in which splitters may work; all splitters of the thread can share it.
 *  Bytes that lie in `memory` are scanned where they are, others are copied through the scratch area piece by piece. */
export interface SplitterMemory {
  /** Not shared. Growing it is allowed. */
  readonly memory: WebAssembly.Memory;
  /** Address of SPLITTER_SCRATCH_BYTES bytes that only splitters touch; a multiple of 16. */
  readonly scratch: number;
}

/** Bytes at `SplitterMemory.scratch`. */
export const SPLITTER_SCRATCH_BYTES = 65536;

/** Positions in the scratch area; kernel.wat has the same numbers. */
export const BUZHASH_TABLE_AT = 0;
/** Rabin-Karp: what a byte that leaves the window still contributes. */
export const RABINKARP_LEAVING_AT = 5376;
/** Rabin-Karp: what brings the polynomial below its modulus again. */
export const RABINKARP_REDUCTION_AT = 7424;

const WINDOW_AT = 9472;
const WINDOW_ENDS = 49152; // 48 KiB of window ends at a time keep the scratch area within one page
const LEAD = 65; // bytes before the first window end that the kernels read

/** The algorithms of kernel.wat. */
export type KernelName = 'buzhash' | 'rabinkarp';

/** Looks at the 64-byte windows of `bytes` that end before `first`, `first + 1`, ... (`count` of them) and returns how
 *  far behind `first` the first one ends whose hash is zero under the mask, or -1. `first` is at least 65. */
export type WindowScan = (bytes: Uint8Array, first: number, count: number) => number;

type Kernel = (scratch: number, from: number, count: number, mask: number) => number;

/** A scan with kernel `name`, whose tables must be in the scratch area already. */
export function createScan(name: KernelName, { memory, scratch }: SplitterMemory, mask: number): WindowScan {
  invariant(scratch % 16 === 0, 'the scratch area of splitters is aligned to 16 bytes');
  const kernel = instantiate(name, memory);

  function scanCopied(bytes: Uint8Array, first: number, count: number): number {
    for (let done = 0; done < count; done += WINDOW_ENDS) {
      const ends = Math.min(WINDOW_ENDS, count - done);
      const start = first + done - LEAD;
      const source = bytes.subarray(start, start + LEAD + ends - 1);
      new Uint8Array(memory.buffer, scratch + WINDOW_AT, source.length).set(source);
      const found = kernel(scratch, scratch + WINDOW_AT + LEAD, ends, mask);
      if (found >= 0 && found < ends) return done + found; // beyond `ends` are old bytes of the window
    }
    return -1;
  }

  function scanInPlace(bytes: Uint8Array, first: number, count: number): number {
    const whole = count & ~7; // the kernel works on groups of 8, and must not read behind the end of the memory
    const found = whole === 0 ? -1 : kernel(scratch, bytes.byteOffset + first, whole, mask);
    if (found >= 0) return found;
    const rest = scanCopied(bytes, first + whole, count - whole);
    return rest < 0 ? -1 : whole + rest;
  }

  return (bytes, first, count) =>
    bytes.buffer === memory.buffer ? scanInPlace(bytes, first, count) : scanCopied(bytes, first, count);
}

let compiled: WebAssembly.Module | undefined;

function instantiate(name: KernelName, memory: WebAssembly.Memory): Kernel {
  compiled ??= new WebAssembly.Module(Buffer.from(KERNELS_BASE64, 'base64'));
  const { exports } = new WebAssembly.Instance(compiled, { splitter: { memory } });
  return exports[name] as Kernel; // kernel.wat exports both names with this signature
}
