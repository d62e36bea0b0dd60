import { posix } from 'node:path';

/** One import of one source file; both as written, `from` relative to the project root with slashes. */
export interface Import {
  readonly from: string;
  readonly specifier: string;
}

/** Packages, lowest first: each may import those before it. */
const packages = ['repository', 'uploader', 'cli'];

/** Folders (and the files that see everything) of packages/repository/src, lowest first; those on one line don't
 *  know each other. All other files beside the folders are the foundation. */
const foundation = 'the foundation';
const repositoryLayers = [
  [foundation],
  ['splitter', 'hashing', 'encryption', 'compression', 'ecc'],
  ['blob'],
  ['format'],
  ['connection'],
  ['cache'],
  ['sealed'],
  ['index'],
  ['pack'],
  ['epoch'],
  ['content'],
  ['object', 'manifest'],
  ['maintenance'],
  ['verify'],
  ['recover', 'upgrade'],
  ['repository.ts'],
  ['worker.ts'],
  ['index.ts'],
];
const repositoryRoot = 'packages/repository/src';

/** Why `imported` is not allowed, for a person to act on; undefined when it is. */
export function violationOf(imported: Import): string | undefined {
  const target = targetOf(imported);
  if (target === undefined) return undefined;
  return (
    testingViolation(imported.from, target) ??
    packageViolation(imported.from, target) ??
    folderViolation(imported.from, target)
  );
}

/** The module specifiers of a source text: static, re-exported and dynamic. */
export function specifiersOf(source: string): string[] {
  const matches = source.matchAll(/^(?:[^'"`/\n]*\bfrom|\s*import|.*\bimport\()\s*'([^'\n]+)'/gm);
  return [...matches].map((match) => match[1] ?? '');
}

/** Path of the imported file within the project, or undefined for someone else's package. */
function targetOf(imported: Import): string | undefined {
  if (imported.specifier.startsWith('.')) return posix.join(posix.dirname(imported.from), imported.specifier);
  const own = /^@holdfast\/([^/]+)/.exec(imported.specifier)?.[1];
  return own === undefined ? undefined : `packages/${own}/src/index.ts`;
}

function testingViolation(from: string, target: string): string | undefined {
  if (!isTesting(target) || isTest(from)) return undefined;
  return `${target} is for tests: what ships must not depend on fakes and suites`;
}

function packageViolation(from: string, target: string): string | undefined {
  const [importer, imported] = [packageOf(from), packageOf(target)];
  if (importer === undefined || importer === imported) return undefined;
  if (imported === undefined && isTest(from)) return undefined;
  if (imported === undefined) return `${target} is outside the packages: a published package cannot reach it`;
  if (packages.indexOf(imported) < packages.indexOf(importer)) return undefined;
  return `packages/${importer} lies below packages/${imported}: the lower part must work without the upper one`;
}

function folderViolation(from: string, target: string): string | undefined {
  if (packageOf(from) !== 'repository' || packageOf(target) !== 'repository' || isTest(from))
    return undefined;
  const [importer, imported] = [folderOf(from), folderOf(target)];
  if (importer === imported) return undefined;
  const unknown = [importer, imported].find((folder) => rankOf(folder) < 0);
  if (unknown !== undefined)
    return `folder ${unknown} has no place in the order yet: give it one in scripts/layers.ts`;
  if (rankOf(imported) < rankOf(importer)) return undefined;
  return `${importer} does not lie above ${imported}: imports go downwards only (docs/architecture.md), so declare the interface you need where it is used`;
}

function packageOf(path: string): string | undefined {
  return /^packages\/([^/]+)\/src\//.exec(path)?.[1];
}

/** The name in `repositoryLayers` for a file of packages/repository/src. */
function folderOf(path: string): string {
  const name = posix.relative(repositoryRoot, path).split('/')[0] ?? '';
  return name.endsWith('.ts') && rankOf(name) < 0 ? foundation : name;
}

/** Position from the bottom, or -1. */
function rankOf(folder: string): number {
  return repositoryLayers.findIndex((layer) => layer.includes(folder));
}

function isTesting(path: string): boolean {
  return path.includes('/testing/');
}

function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || isTesting(path) || packageOf(path) === undefined;
}
