import type { Survivor } from './client.ts';
import { digestOf, type Listing } from './listing.ts';

/** A snapshot, or an attempt at one. */
export interface Entry {
  /** Who takes it. */
  readonly owner: string;
  readonly tool: Survivor;
  readonly listing: Listing;
  readonly isPinned: boolean;
  /** Undefined as long as nobody has told it. */
  id: string | undefined;
  /** `maybe`: it may be there or not, because a command was killed or retention was free to take it. */
  state: 'kept' | 'maybe' | 'deleted';
}

/** Snapshots of each source that retention keeps. */
export const KEEP_LATEST = 6;

/** Keeps account of which snapshots have to be there. */
export class Book {
  readonly #entries: Entry[] = [];

  /** A snapshot is about to be taken; that may make retention delete others. */
  begin(entry: Pick<Entry, 'owner' | 'tool' | 'listing' | 'isPinned'>): Entry {
    const added: Entry = { ...entry, id: undefined, state: 'maybe' };
    this.#entries.push(added);
    this.of(entry.owner)
      .filter(({ state }) => state !== 'deleted')
      .slice(0, -KEEP_LATEST)
      .filter(({ state, isPinned }) => state === 'kept' && !isPinned)
      .forEach((old) => (old.state = 'maybe'));
    return added;
  }

  /** Everything of one source, oldest first. */
  of(owner: string): readonly Entry[] {
    return this.#entries.filter((entry) => entry.owner === owner);
  }

  /** Everything that was or may have been saved. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** The entry of a snapshot that is listed: by its ID, or by what it says of itself when nobody has told the ID. */
  find(snapshot: { readonly id: string; readonly description: string }): Entry | undefined {
    return (
      this.#entries.find(({ id }) => id === snapshot.id) ??
      this.#entries.find((entry) => entry.id === undefined && descriptionOf(entry) === snapshot.description)
    );
  }
}

/** What a snapshot is described as: the tree that it is of. */
export function descriptionOf({ listing }: Pick<Entry, 'listing'>): string {
  return `tree ${digestOf(listing)}`;
}
