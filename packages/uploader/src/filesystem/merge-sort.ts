/** Sorts `items` in place by `compare`, with a second array of the same size as the only extra memory.
 *  As fast as `items.sort(compare)`, which copies the items into 16 bytes each. */
export function mergeSort(items: Uint32Array, compare: (a: number, b: number) => number): void {
  const scratch = new Uint32Array(items.length);
  for (let start = 0; start < items.length; start += RUN) insertionSort(items, start, compare);
  let from = items;
  let to: Uint32Array = scratch;
  for (let width = RUN; width < items.length; width *= 2) {
    for (let start = 0; start < items.length; start += 2 * width) merge(from, to, start, width, compare);
    [from, to] = [to, from];
  }
  if (from !== items) items.set(from);
  scratch.buffer.transfer(0);
}

const RUN = 8;

function insertionSort(items: Uint32Array, start: number, compare: (a: number, b: number) => number): void {
  const end = Math.min(start + RUN, items.length);
  for (let next = start + 1; next < end; next++) {
    const item = items[next] ?? 0;
    let at = next;
    while (at > start && compare(items[at - 1] ?? 0, item) > 0) items[at] = items[--at] ?? 0;
    items[at] = item;
  }
}

/** Merges two neighbouring sorted runs of `width` items (the last may be shorter or missing). */
function merge(
  from: Uint32Array,
  to: Uint32Array,
  start: number,
  width: number,
  compare: (a: number, b: number) => number,
): void {
  const middle = Math.min(start + width, from.length);
  const end = Math.min(middle + width, from.length);
  let left = start;
  let right = middle;
  for (let at = start; at < end; at++) {
    const takesLeft = right >= end || (left < middle && compare(from[left] ?? 0, from[right] ?? 0) <= 0);
    to[at] = (takesLeft ? from[left++] : from[right++]) ?? 0;
  }
}
