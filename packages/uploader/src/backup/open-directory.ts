import type { ContentSink } from '@holdfast/repository';

import type { DirectoryEntry } from '../snapshot/entry.ts';
import type { DirectoryObject } from './directory-object.ts';
import type { DirectoryReply, FoundDirectory } from './tasks.ts';

/** A directory on its way: what a checkpoint needs to save of it as far as it has come. */
export class OpenDirectory {
  readonly object: DirectoryObject;
  readonly #found: FoundDirectory;
  readonly #reply: DirectoryReply;
  readonly #parent: OpenDirectory | undefined;
  readonly #children = new Set<OpenDirectory>();
  /** Subdirectories that are done but wait for one before them. */
  readonly #waiting = new Map<string, DirectoryEntry>();
  #piecesAdded = 0;

  constructor(
    found: FoundDirectory,
    object: DirectoryObject,
    reply: DirectoryReply,
    parent: OpenDirectory | undefined,
  ) {
    this.#found = found;
    this.object = object;
    this.#reply = reply;
    this.#parent = parent;
    if (parent !== undefined) parent.#children.add(this);
  }

  childFinished(entry: DirectoryEntry): void {
    this.#waiting.set(entry.name, entry);
  }

  childAdded(entry: DirectoryEntry): void {
    this.#waiting.delete(entry.name);
  }

  /** One more piece of what came with the listing is in the object now. */
  pieceAdded(): void {
    this.#piecesAdded++;
  }

  close(): void {
    if (this.#parent !== undefined) this.#parent.#children.delete(this);
  }

  /** Stores the directory as it is now, leaving it open. Nothing may be added meanwhile. */
  async checkpoint(sink: ContentSink, incomplete: string): Promise<DirectoryEntry> {
    const fork = this.object.fork(sink);
    const open = await Promise.all(
      [...this.#children].map(async (child) => await child.checkpoint(sink, incomplete)),
    );
    const directories = [...this.#waiting.values(), ...open].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of directories) await fork.addEntry(entry);
    for (const piece of this.#reply.pieces.slice(this.#piecesAdded))
      if (piece.kind === 'entries') await fork.addEncoded(piece.json);
    fork.addTotals(this.#reply.totals);
    fork.addExtra(this.#reply.extra);
    const { visibleName, attributes, extra } = this.#found;
    const saved = await fork.finish({ mtimeNs: attributes.mtimeNs, incomplete });
    return { name: visibleName, type: 'd', ...attributes, ...saved, ...(extra && { extra }) };
  }
}
