/** Results of `load` in the order of the items, with up to `depth` of them begun ahead of the one in use. What was begun
 *  and is not wanted any more goes to `drop`, once it is there. */
export async function* loadAhead<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  depth: number,
  load: (item: T) => Promise<R>,
  drop: (result: R) => void = () => undefined,
): AsyncGenerator<R> {
  const pending: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const loading = load(item);
      // Looked at when its turn comes; until then a failure must not count as unhandled.
      loading.catch(() => undefined);
      pending.push(loading);
      const first = pending.length > depth ? pending.shift() : undefined;
      if (first !== undefined) yield await first;
    }
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) yield await next;
  } finally {
    // Each by itself: another may wait for what this one is given up for.
    await Promise.all(pending.map(async (loading) => await loading.then(drop, () => undefined)));
  }
}
