import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExpectedContent, ExpectedRepository } from './expected.ts';

/** A golden repository on disk, still packed as it was stored. */
export interface Fixture {
  /** Path below the collection, for example `corrupt/flip-index`. */
  readonly name: string;
  readonly directory: string;
}

/** A fixture ready to be opened as a file-system repository. */
export interface UnpackedFixture extends Disposable {
  readonly expected: ExpectedRepository;
  /** Root of the repository, in directory form, writable, blob times as recorded. */
  readonly path: string;
}

const projectRoot = fileURLToPath(new URL('../../', import.meta.url));
const ownCollection = join(projectRoot, 'test/fixtures/kopia');
/** A larger collection that may lie beside the project. */
const sharedCollection = join(projectRoot, '../shared/fixtures/kopia');

/** All kopia fixtures by name; those of the project first, then those only found beside it. */
export function listFixtures(): readonly Fixture[] {
  const fixtures = new Map<string, Fixture>();
  for (const collection of [ownCollection, sharedCollection].filter(existsSync)) {
    for (const name of fixtureNames(collection)) {
      if (!fixtures.has(name)) fixtures.set(name, { name, directory: join(collection, name) });
    }
  }
  return [...fixtures.values()];
}

/** Names of the kopia fixtures that the page of the larger collection describes; undefined where there is no such collection. */
export function describedFixtures(): readonly string[] | undefined {
  const page = join(sharedCollection, '../README.md');
  if (!existsSync(page)) return undefined;
  const rows = readFileSync(page, 'utf8').matchAll(/^\| `kopia\/([^`]+)` \|/gm);
  return [...rows].flatMap(([, name = '']) => name);
}

/** The fixture called `name`; throws when this machine has none. */
export function findFixture(name: string): Fixture {
  const fixture = listFixtures().find((candidate) => candidate.name === name);
  if (!fixture) throw new Error(`no fixture ${name} in ${ownCollection}`);
  return fixture;
}

/** What a correct reader finds in the repository. */
export function readExpected(fixture: Fixture): ExpectedRepository {
  // A cast, not a decoder: the files are part of the tests and never change.
  return JSON.parse(readFileSync(join(fixture.directory, 'expected.json'), 'utf8')) as ExpectedRepository;
}

/** The merged content index; empty for fixtures that have none. */
export function readExpectedContents(fixture: Fixture): readonly ExpectedContent[] {
  const file = join(fixture.directory, 'contents.json');
  if (!existsSync(file)) return [];
  return JSON.parse(readFileSync(file, 'utf8')) as ExpectedContent[]; // as above
}

/** Copies a fixture into a temporary directory that goes away with the result (`using`). */
export function unpackFixture(fixture: Fixture): UnpackedFixture {
  const expected = readExpected(fixture);
  const temporary = mkdtempSync(join(tmpdir(), 'holdfast-fixture-'));
  const path = join(temporary, 'repo');
  if (expected.layout.startsWith('flat')) unpackFlat(fixture, expected, path);
  else if (expected.packed) untar(join(fixture.directory, expected.packed), temporary);
  else cpSync(join(fixture.directory, 'repo'), path, { recursive: true });
  settleFiles(path, expected);
  return { expected, path, [Symbol.dispose]: () => rmSync(temporary, { recursive: true, force: true }) };
}

function fixtureNames(collection: string): string[] {
  return readdirSync(collection, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.name === 'expected.json')
    .map((entry) => relative(collection, entry.parentPath).split(sep).join('/'))
    .sort();
}

/** Object-store form to directory form: one unsharded folder, as kopia itself would name the files. */
function unpackFlat(fixture: Fixture, expected: ExpectedRepository, path: string): void {
  const source = join(fixture.directory, 'repo', expected.prefix ?? '');
  mkdirSync(path);
  writeFileSync(join(path, '.shards'), '{"default":[],"maxNonShardedLength":20}\n');
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    if (entry.isFile()) copyFileSync(join(source, entry.name), join(path, `${entry.name}.f`));
  }
}

function untar(archive: string, into: string): void {
  execFileSync('tar', ['-xf', archive, '-C', into, '--no-same-owner']);
}

/** Makes everything writable and gives blobs their recorded times, which version control does not keep. */
function settleFiles(path: string, expected: ExpectedRepository): void {
  const times = new Map((expected.blobs ?? []).map((blob) => [blob.name, new Date(blob.mtime)]));
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    const full = join(entry.parentPath, entry.name);
    chmodSync(full, entry.isDirectory() ? 0o755 : 0o644);
    const time = times.get(blobNameOf(relative(path, full)));
    if (time) utimesSync(full, time, time);
  }
}

/** Sharding only cuts the name of a blob into folders. */
function blobNameOf(relativePath: string): string {
  return relativePath.split(sep).join('').replace(/\.f$/, '');
}
