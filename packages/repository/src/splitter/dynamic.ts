import type { WindowScan } from './kernel.ts';
import type { Splitter } from './splitter.ts';

/** Cuts where the hash of the last 64 bytes is zero under the mask `average - 1`, but not before half and at the latest
 *  after twice the average, a power of two. Only bytes past the smallest chunk are hashed, with its last 64 to start:
 *  kopia's window runs on across cuts, but is full again long before it counts.
 *  Source: kopia repo/splitter/splitter_buzhash32.go, splitter_rabinkarp64.go. */
export function createDynamic(average: number, scan: WindowScan): Splitter {
  const minChunk = average / 2;
  const maxChunk = average * 2;
  return {
    minChunk,
    maxChunk,
    nextCut(bytes, from) {
      const available = bytes.length - from;
      if (available < minChunk) return -1;
      const lengths = Math.min(available + 1, maxChunk) - minChunk; // minChunk itself included, maxChunk not
      const found = scan(bytes, from + minChunk, lengths);
      if (found >= 0) return minChunk + found;
      return available < maxChunk ? -1 : maxChunk;
    },
  };
}
