import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

import { type MeasuredRun, runMeasured } from '../measured.ts';
import { makeEndlessPath } from './content.ts';
import { tortureDifferences, walkDifferences } from './differences.ts';
import type { TortureOptions } from './place.ts';
import { kopiaRestoreDifferences, useKopia } from './with-kopia.ts';
import { makeTortureTree } from './tree.ts';

/** What is told of a round trip as it goes. */
export interface TortureReport {
  /** A part of the tree that this user or file system can't make, or a step that was left out. */
  note(what: string): void;
  measured(step: string, run: Omit<MeasuredRun, 'stdout'>): void;
}

/** Longer than 300 bytes with what is before it, so that the tree's paths go beyond what the kernel takes. */
const LONG_TARGET = `${'t'.repeat(150)}/${'t'.repeat(150)}`;

/** Saves a torture tree below `scratch`, restores it in several ways, lets kopia read it and add a snapshot of its own, and
 *  returns all differences. Needs rsync. */
export function tortureRoundTrip(
  scratch: string,
  options: TortureOptions,
  report: TortureReport,
): readonly string[] {
  const source = `${scratch}/source`;
  for (const note of makeTortureTree(source, options)) report.note(note);
  mkdirSync(`${scratch}/home`);
  mkdirSync(`${scratch}/long/${LONG_TARGET}`, { recursive: true });
  const holdfast = (step: string, ...args: readonly string[]): string => {
    const { stdout, ...run } = runMeasured(`${scratch}/home`, args);
    report.measured(step, run);
    return stdout;
  };
  const restoreTo = (step: string, id: string, target: string): void =>
    void holdfast(step, 'restore', id, target);

  holdfast('create', 'repository', 'create', 'filesystem', '--path', `${scratch}/repository`);
  const id = idOf(holdfast('backup', 'snapshot', 'create', source, '--json'));
  holdfast('unchanged backup', 'snapshot', 'create', source, '--json');
  const target = `${scratch}/target`;
  restoreTo('restore', id, target);
  const differences = [...tortureDifferences(source, target)];
  const longTarget = `${scratch}/long/${LONG_TARGET}/target`;
  restoreTo('restore to a long path', id, longTarget);
  differences.push(...tortureDifferences(source, longTarget));
  removeTree(`${scratch}/long`);
  differences.push(...endlessDifferences(scratch, holdfast));
  holdfast('verify', 'snapshot', 'verify', '--verify-files-percent=100');

  using kopia = useKopia(`${scratch}/repository`);
  if (kopia === undefined) {
    report.note('kopia is not on PATH');
    return differences;
  }
  differences.push(
    ...kopiaRestoreDifferences(kopia, { id, target: `${scratch}/by-kopia`, expected: target }),
  );
  removeTree(`${scratch}/by-kopia`);
  removeTree(target);
  kopia.mustRun(['snapshot', 'create', source]);
  const after = idOf(holdfast("backup after kopia's", 'snapshot', 'create', source, '--json'));
  restoreTo("restore after kopia's", after, target);
  differences.push(...tortureDifferences(source, target));
  return differences;
}

type Holdfast = (step: string, ...args: readonly string[]) => string;

/** Saves and restores paths that are too long for anybody to name. */
function endlessDifferences(scratch: string, holdfast: Holdfast): readonly string[] {
  const [source, target] = [`${scratch}/endless`, `${scratch}/endless-target`];
  mkdirSync(source);
  makeEndlessPath({ directory: source, options: { manyEntries: 0, allPairs: false }, note: () => undefined });
  const id = idOf(holdfast('backup of a path of 9,000 bytes', 'snapshot', 'create', source, '--json'));
  holdfast('restore of a path of 9,000 bytes', 'restore', id, target);
  const differences = walkDifferences(source, target);
  removeTree(target);
  removeTree(source);
  return differences;
}

/** Removes a tree whose paths may be too long for Node. */
export function removeTree(path: string): void {
  execFileSync('rm', ['-rf', '--', path]);
}

function idOf(json: string): string {
  const manifest: unknown = JSON.parse(json);
  if (
    typeof manifest === 'object' &&
    manifest !== null &&
    'id' in manifest &&
    typeof manifest.id === 'string'
  )
    return manifest.id;
  throw new Error(`no snapshot ID in ${json}`);
}
