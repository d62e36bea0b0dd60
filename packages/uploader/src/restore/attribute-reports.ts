import type { AttributeProblem } from '../filesystem/attributes.ts';
import type { AttributeReport } from './tasks.ts';

/** Gathers refused attributes, so that each kind is told once. */
export class AttributeReports {
  readonly #reports = new Map<string, AttributeReport>();

  add(problem: AttributeProblem, path: string): void {
    this.merge({ attribute: problem.name ?? problem.attribute, code: problem.code, count: 1, example: path });
  }

  merge(report: AttributeReport): void {
    const key = `${report.attribute} ${report.code}`;
    const known = this.#reports.get(key);
    this.#reports.set(key, known === undefined ? report : { ...known, count: known.count + report.count });
  }

  list(): readonly AttributeReport[] {
    return [...this.#reports.values()];
  }
}
