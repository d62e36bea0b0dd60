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
