import type { Findings, GoJsonObject, VerifyReport } from '@holdfast/repository';
import { counted, countText } from '../../output/units.ts';

/** More would hide what came before; the JSON has more. */
const MOST_SHOWN = 100;

/** What is missing or damaged, for people. */
export function findingLines(report: VerifyReport): string[] {
  const { damagedIndexes, missingPacks, truncatedPacks, damagedContents, unindexedPacks } = report;
  return [
    ...linesOf(
      unindexedPacks,
      ({ pack, contents }) => `pack ${pack} holds ${counted(contents, 'content')} that no index knows`,
    ),
    ...damagedIndexes.map(({ blob, error }) => `index blob ${blob} is damaged: ${error}`),
    ...linesOf(missingPacks, ({ pack }) => `pack ${pack} is missing`),
    ...totalOf(report.contentsInMissingPacks, 'in missing packs'),
    ...linesOf(
      truncatedPacks,
      ({ pack, length }) => `pack ${pack} is cut off after ${countText(length)} bytes`,
    ),
    ...totalOf(report.contentsBeyondPacks, 'beyond the end of their packs'),
    ...linesOf(
      damagedContents,
      ({ content, pack, offset, error }) => `content ${content} at ${offset} of ${pack}: ${error}`,
    ),
  ];
}

function linesOf<T>({ count, first }: Findings<T>, text: (finding: T) => string): string[] {
  const shown = first.slice(0, MOST_SHOWN).map(text);
  return count > shown.length ? [...shown, `and ${countText(count - shown.length)} more`] : shown;
}

function totalOf(contents: number, where: string): string[] {
  return contents === 0 ? [] : [`${counted(contents, 'content')} ${where}`];
}

/** A report for programs. */
export function reportJson(report: VerifyReport): GoJsonObject {
  const { sample, damagedIndexes, missingPacks, truncatedPacks, damagedContents, unindexedPacks } = report;
  return {
    contents: report.contents,
    packs: { ...report.packs },
    unreferencedPacks: { ...report.unreferencedPacks },
    read: { ...report.read },
    sample: sample && { days: sample.days, shares: [...sample.shares] },
    errorCount: report.errorCount,
    damagedIndexes: damagedIndexes.map((finding) => ({ ...finding })),
    unindexedPackCount: unindexedPacks.count,
    unindexedPacks: unindexedPacks.first.map((finding) => ({ ...finding })),
    missingPackCount: missingPacks.count,
    missingPacks: missingPacks.first.map(({ pack }) => pack),
    contentsInMissingPacks: report.contentsInMissingPacks,
    truncatedPackCount: truncatedPacks.count,
    truncatedPacks: truncatedPacks.first.map((finding) => ({ ...finding })),
    contentsBeyondPacks: report.contentsBeyondPacks,
    damagedContentCount: damagedContents.count,
    damagedContents: damagedContents.first.map((finding) => ({ ...finding })),
  };
}
