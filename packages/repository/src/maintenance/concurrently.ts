/** Runs `task` for every item, at most `limit` at a time; the first failure is thrown when those begun have ended. */
export async function forEachConcurrently<T>(
  items: Iterable<T>,
  limit: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  const running = new Set<Promise<void>>();
  for (const item of items) {
    if (failure !== undefined) break;
    if (running.size >= limit) await Promise.race(running);
    const run: Promise<void> = task(item)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => running.delete(run));
    running.add(run);
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
}

/** Results of `load` in the order of the items, with up to `depth` of them begun ahead of the one in use. */
export async function* loadAhead<T, R>(
  items: Iterable<T>,
  depth: number,
  load: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const pending: Promise<R>[] = [];
  try {
    for (const item of items) {
      const loading = load(item);
      // Looked at when its turn comes; until then a failure must not count as unhandled.
      loading.catch(() => undefined);
      pending.push(loading);
      const first = pending.length > depth ? pending.shift() : undefined;
      if (first !== undefined) yield await first;
    }
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) yield await next;
  } finally {
    await Promise.allSettled(pending);
  }
}
