import type { Splitter } from './splitter.ts';

/** Cuts after every `size` bytes. */
export function createFixed(size: number): Splitter {
  return {
    minChunk: size,
    maxChunk: size,
    nextCut: (bytes, from) => (bytes.length - from < size ? -1 : size),
  };
}
