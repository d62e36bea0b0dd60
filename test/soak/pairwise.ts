/** What can be chosen, and the values there are. The first value of each must go with every value of the others. */
export type Factors<Name extends string> = Readonly<Record<Name, readonly string[]>>;

/** One value for each factor. */
export type Row<Name extends string> = Readonly<Record<Name, string>>;

/** A value of one factor. */
export interface Choice<Name extends string> {
  readonly factor: Name;
  readonly value: string;
}

/** Whether two values of different factors can be had together; must not depend on their order. */
export type Compatible<Name extends string> = (a: Choice<Name>, b: Choice<Name>) => boolean;

/** Rows in which every compatible pair of values of two factors comes up, and no other pair does.
 *  Greedy: each row starts with a pair that is missing, and takes for each other factor the value that adds most; among equals
 *  another one each time. */
export function pairwiseCover<Name extends string>(
  factors: Factors<Name>,
  compatible: Compatible<Name>,
): readonly Row<Name>[] {
  const missing = pairsOf(factors, compatible);
  const rows: Row<Name>[] = [];
  for (const [first, second] of missing.values()) {
    // The set loses entries while it is walked: what is gone already does not come up.
    const row = completeRow([first, second], rotated(factors, rows.length), compatible, missing);
    forEachPair(row, (a, b) => missing.delete(pairKey(a, b)));
    const valueOf = new Map<string, string>(row.map(({ factor, value }) => [factor, value]));
    // It has one choice for each factor.
    rows.push(Object.fromEntries(namesOf(factors).map((name) => [name, valueOf.get(name)])) as Row<Name>);
  }
  return rows;
}

/** Every compatible pair, by a name that does not depend on the order of its sides. */
export function pairsOf<Name extends string>(
  factors: Factors<Name>,
  compatible: Compatible<Name>,
): Map<string, readonly [Choice<Name>, Choice<Name>]> {
  const pairs = new Map<string, readonly [Choice<Name>, Choice<Name>]>();
  const names = namesOf(factors);
  for (const [at, one] of names.entries())
    for (const a of choicesOf(factors, one))
      for (const other of names.slice(at + 1))
        for (const b of choicesOf(factors, other)) if (compatible(a, b)) pairs.set(pairKey(a, b), [a, b]);
  return pairs;
}

/** The names of all pairs in a row. */
export function pairsInRow<Name extends string>(row: Row<Name>): readonly string[] {
  const keys: string[] = [];
  const choices = namesOf(row).map((factor) => ({ factor, value: row[factor] }));
  forEachPair(choices, (a, b) => keys.push(pairKey(a, b)));
  return keys;
}

function completeRow<Name extends string>(
  start: readonly Choice<Name>[],
  factors: Factors<Name>,
  compatible: Compatible<Name>,
  missing: ReadonlyMap<string, unknown>,
): readonly Choice<Name>[] {
  const row = [...start];
  const gain = (choice: Choice<Name>): number =>
    row.filter((chosen) => missing.has(pairKey(chosen, choice))).length;
  for (const name of namesOf(factors)) {
    if (row.some(({ factor }) => factor === name)) continue;
    const possible = choicesOf(factors, name).filter((choice) => row.every((one) => compatible(one, choice)));
    row.push(possible.reduce((best, choice) => (gain(choice) > gain(best) ? choice : best)));
  }
  return row;
}

/** The same values, beginning elsewhere. */
function rotated<Name extends string>(factors: Factors<Name>, by: number): Factors<Name> {
  const entries = Object.entries<readonly string[]>(factors).map(([name, values]) => {
    const at = by % values.length;
    return [name, [...values.slice(at), ...values.slice(0, at)]] as const;
  });
  // The same keys.
  return Object.fromEntries(entries) as Factors<Name>;
}

function forEachPair<Name extends string>(
  choices: readonly Choice<Name>[],
  visit: (a: Choice<Name>, b: Choice<Name>) => void,
): void {
  for (const [at, a] of choices.entries()) for (const b of choices.slice(at + 1)) visit(a, b);
}

function pairKey<Name extends string>(a: Choice<Name>, b: Choice<Name>): string {
  return [a, b]
    .map(({ factor, value }) => JSON.stringify([factor, value]))
    .toSorted()
    .join();
}

function choicesOf<Name extends string>(factors: Factors<Name>, factor: Name): readonly Choice<Name>[] {
  return factors[factor].map((value) => ({ factor, value }));
}

function namesOf<Name extends string>(record: Readonly<Record<Name, unknown>>): readonly Name[] {
  // The keys of a record are its names.
  return Object.keys(record) as Name[];
}
