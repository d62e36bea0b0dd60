import { rmSync } from 'node:fs';
import { join } from 'node:path';

import type { Book, Entry } from './book.ts';
import type { Client, ListedSnapshot } from './client.ts';
import { differencesBetween, listTree } from './listing.ts';
import type { Tally } from './tally.ts';

/** What is checked, and by whom. */
export interface CheckParts {
  readonly book: Book;
  readonly tally: Tally;
  /** One client of each tool. */
  readonly janitors: readonly Client[];
}

/** Reads every file of every snapshot, and every content that is not deleted. */
export async function verifyEverything(client: Client, tally: Tally): Promise<void> {
  await client.mustRun(['snapshot', 'verify', '--verify-files-percent=100']);
  await client.mustRun(['content', 'verify', '--download-percent=100']);
  tally.verifications[client.tool]++;
}

/** Both tools list the same, and what has to be there is. Returns the list.
 *  A snapshot that is back after its deletion is counted, not complained of: when two clients compact manifests at the same
 *  moment, and one of them has not seen the deletion, kopia's format brings the manifest back. */
export async function checkLists({ book, tally, janitors }: CheckParts): Promise<readonly ListedSnapshot[]> {
  const lists = await Promise.all(janitors.map(async (client) => await client.list()));
  const [list = [], ...others] = lists;
  if (others.some((other) => idsOf(other) !== idsOf(list)))
    tally.problems.push('the tools list different snapshots');
  const listed = new Set(list.map(({ id }) => id));
  for (const { id = '', state, owner } of book.entries)
    if (state === 'kept' && !listed.has(id)) tally.problems.push(`snapshot ${id} of ${owner} is gone`);
  for (const snapshot of list) {
    const entry = book.find(snapshot);
    if (entry === undefined) tally.problems.push(`nobody has taken snapshot ${snapshot.id}`);
    if (entry?.state === 'deleted') tally.reappeared++;
  }
  tally.snapshotsLeft = list.length;
  return list;
}

/** The other tool than its writer's restores a snapshot below `place`; the result must be the tree that was saved. */
export async function restoreByOther(
  { book, tally, janitors }: CheckParts,
  snapshot: ListedSnapshot,
  place: string,
): Promise<void> {
  const entry = book.find(snapshot);
  const client = janitors.find(({ tool }) => tool !== entry?.tool);
  if (entry === undefined || client === undefined) return;
  const target = join(place, `restored ${snapshot.id}`);
  try {
    await client.mustRun(['snapshot', 'restore', snapshot.id, target]);
    tally.problems.push(...differencesOf(entry, target));
    tally.restores[client.tool]++;
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

function differencesOf(entry: Entry, target: string): string[] {
  return differencesBetween(entry.listing, listTree(target))
    .slice(0, 10)
    .map((difference) => `snapshot ${entry.id} of ${entry.owner}: ${difference}`);
}

function idsOf(snapshots: readonly ListedSnapshot[]): string {
  return JSON.stringify(snapshots.map(({ id }) => id).sort());
}
