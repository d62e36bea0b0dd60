/** The memory in which a worker reads and cuts files: part of a WebAssembly memory, so that the split-point search
 *  works on the bytes where they are. Holds one largest chunk, also in its stored form. */
export interface ChunkBuffer {
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const PAGE_BYTES = 64 << 10;

/** `reserved` bytes at the start are left to the splitters. */
export function createChunkBuffer(maxChunk: number, reserved: number): ChunkBuffer {
  const pages = Math.ceil((reserved + maxChunk) / PAGE_BYTES) + 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  return { memory, bytes: new Uint8Array(memory.buffer, reserved) };
}
