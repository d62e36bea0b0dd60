import type { Cost } from './measure.ts';
import { type Run, type Step, steps } from './run-case.ts';

/** Medians of one tool in one step of one case. */
export interface Row {
  readonly caseName: string;
  readonly step: Step;
  readonly tool: string;
  readonly runs: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  readonly peakTreeRssBytes: number;
  readonly repositoryBytes: number;
}

/** One row for each case, step and tool, in the order they ran. */
export function summarize(runs: readonly Run[]): Row[] {
  const groups = Map.groupBy(runs, (run) => `${run.caseName} ${run.tool}`);
  const rows = [...groups.values()].flatMap((group) => steps.flatMap((step) => rowOf(group, step)));
  const order = (row: Row): string => `${row.caseName} ${row.step}`;
  return [...Map.groupBy(rows, order).values()].flat();
}

function rowOf(group: readonly Run[], step: Step): Row[] {
  const [first] = group;
  if (!first) return [];
  const middle = (of: (cost: Cost) => number): number => median(group.map((run) => of(run.costs[step])));
  return [
    {
      caseName: first.caseName,
      step,
      tool: first.tool,
      runs: group.length,
      wallSeconds: middle((cost) => cost.wallSeconds),
      cpuSeconds: middle((cost) => cost.cpuSeconds),
      peakRssBytes: middle((cost) => cost.peakRssBytes),
      peakTreeRssBytes: middle((cost) => cost.peakTreeRssBytes),
      repositoryBytes: median(group.map((run) => run.repositoryBytes)),
    },
  ];
}

/** A table for people; ratios are to the first tool of the same case and step, above 1 meaning more than it. */
export function formatTable(rows: readonly Row[]): string {
  const header = ['case', 'step', 'tool', 'wall s', 'ratio', 'cpu s', 'rss MB', 'ratio', 'repo MB'];
  const firsts = new Map<string, Row>();
  for (const row of rows) {
    const key = `${row.caseName} ${row.step}`;
    if (!firsts.has(key)) firsts.set(key, row);
  }
  const lines = rows.map((row) => cellsOf(row, firsts.get(`${row.caseName} ${row.step}`) ?? row));
  return align([header, ...lines]);
}

function cellsOf(row: Row, first: Row): string[] {
  return [
    row.caseName,
    row.step,
    row.tool,
    row.wallSeconds.toFixed(2),
    (row.wallSeconds / first.wallSeconds).toFixed(2),
    row.cpuSeconds.toFixed(2),
    (row.peakTreeRssBytes / 1e6).toFixed(0),
    (row.peakTreeRssBytes / first.peakTreeRssBytes).toFixed(2),
    (row.repositoryBytes / 1e6).toFixed(1),
  ];
}

function align(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const pad = (cell: string, column: number): string =>
    column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
}

/** The middle value; the mean of the two middle ones for an even count. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  return (upper + lower) / 2;
}
