import { createFileSystemStorage, parseObjectId, readWholeObject, Repository } from '@holdfast/repository';
import { listSnapshots, readEntries } from '@holdfast/uploader';

import { findFixture, unpackFixture } from '../../support/fixtures.ts';

/** Pieces of a repository that kopia wrote, as decoders get them. */
export interface GoldenSeeds {
  /** kopia.repository as it is stored. */
  readonly formatBlob: Uint8Array;
  /** Directory objects. */
  readonly directories: readonly Uint8Array[];
  /** Stored contents that hold manifests. */
  readonly manifestContents: readonly Uint8Array[];
  /** Payloads of manifests by their type. */
  readonly payloads: ReadonlyMap<string, readonly Uint8Array[]>;
}

const LARGEST_SEED = 16 << 10;

/** Reads them from a fixture. */
export async function goldenSeeds(name: string): Promise<GoldenSeeds> {
  using fixture = unpackFixture(findFixture(name));
  const storage = await createFileSystemStorage({ path: fixture.path }, 'read-only');
  const repository = await Repository.open({
    storage,
    password: fixture.expected.password,
    cacheDirectory: `${fixture.path}-cache`,
    client: { username: 'user', hostname: 'host' },
    workers: 1,
  });
  try {
    return {
      formatBlob: repository.opened.bytes,
      directories: await directoriesOf(repository),
      manifestContents: await contentsOf(repository, 'm'),
      payloads: await payloadsOf(repository),
    };
  } finally {
    await repository.close();
  }
}

async function directoriesOf(repository: Repository): Promise<readonly Uint8Array[]> {
  const directories: Uint8Array[] = [];
  for (const { rootEntry } of await listSnapshots(repository)) {
    if (rootEntry?.type !== 'd') continue;
    directories.push(await objectBytes(repository, rootEntry.objectId));
    for await (const entry of readEntries(repository.contents, rootEntry.objectId))
      if (entry.type === 'd') directories.push(await objectBytes(repository, entry.objectId));
  }
  return directories.filter(({ length }) => length <= LARGEST_SEED);
}

async function objectBytes(repository: Repository, id: string): Promise<Uint8Array> {
  return await readWholeObject(repository.contents, parseObjectId(id), 1 << 30);
}

async function contentsOf(repository: Repository, prefix: 'm'): Promise<readonly Uint8Array[]> {
  const contents: Uint8Array[] = [];
  for (const id of repository.contents.list(prefix)) contents.push(await repository.contents.read(id));
  return contents;
}

async function payloadsOf(repository: Repository): Promise<ReadonlyMap<string, readonly Uint8Array[]>> {
  const payloads = new Map<string, Uint8Array[]>();
  const manifests = await repository.manifests();
  for (const { id, labels } of manifests.find({})) {
    const type = labels['type'] ?? '';
    const known = payloads.get(type) ?? [];
    payloads.set(type, [...known, Buffer.from(await manifests.getText(id))]);
  }
  return payloads;
}
