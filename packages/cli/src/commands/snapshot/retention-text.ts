const ORDER = ['latest', 'hourly', 'daily', 'weekly', 'monthly', 'annual'];

/** Reasons to keep several snapshots, runs of numbers in one: `latest-1..3`, `daily-1`. Others come as they are, last. */
export function compactReasons(reasons: readonly string[]): readonly string[] {
  const numbers = new Map<string, number[]>();
  const others: string[] = [];
  for (const reason of reasons) {
    const [, name = '', number] = /^(.*)-(\d+)$/.exec(reason) ?? [];
    if (number === undefined) others.push(reason);
    else numbers.set(name, [...(numbers.get(name) ?? []), Number(number)]);
  }
  const known = ORDER.flatMap((name) => runsOf(numbers.get(name) ?? []).map((run) => `${name}-${run}`));
  return [...known, ...new Set(others)];
}

function runsOf(numbers: readonly number[]): string[] {
  const runs: { first: number; last: number }[] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && number <= run.last + 1) run.last = number;
    else runs.push({ first: number, last: number });
  }
  return runs.map(({ first, last }) => (first === last ? String(first) : `${first}..${last}`));
}
