import { type Book, descriptionOf, type Entry } from './book.ts';
import { type Client, failureOf, type Outcome } from './client.ts';
import { listTree } from './listing.ts';
import type { SourceTree } from './source-tree.ts';
import type { Tally } from './tally.ts';

/** What a writer works with. */
export interface WriterParts {
  readonly client: Client;
  /** Clients, one a tool, that delete for others. */
  readonly janitors: readonly Client[];
  readonly tree: SourceTree;
  readonly book: Book;
  readonly tally: Tally;
  readonly random: () => number;
}

/** One command of a writer, as often as it takes. True when it needs no further attempt. */
type Command = () => Promise<boolean>;

/** Takes snapshots of a changing tree, and deletes some. */
export class Writer {
  readonly #parts: WriterParts;
  readonly #commands: Command[] = [];

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /** Runs the next command, or once more the one that was killed. */
  async step(): Promise<void> {
    if (this.#commands.length === 0) this.#plan();
    const [command] = this.#commands;
    if (command === undefined || (await command())) this.#commands.shift();
  }

  #plan(): void {
    const { random, tree } = this.#parts;
    tree.change();
    this.#commands.push(this.#creation());
    if (random() < 0.25) this.#commands.push(this.#deletion());
    if (random() < 0.1) this.#commands.push(this.#expiration());
  }

  #creation(): Command {
    const { client, book, tally, tree, random } = this.#parts;
    const listing = listTree(tree.root);
    const isPinned = random() < 0.05;
    return async () => {
      const entry = book.begin({ owner: client.name, tool: client.tool, listing, isPinned });
      const flags = ['--json', `--description=${descriptionOf(entry)}`, ...(isPinned ? ['--pin=kept'] : [])];
      const outcome = await this.#run(client, ['snapshot', 'create', tree.root, ...flags]);
      if (outcome === undefined) return false;
      const id = idOf(outcome.stdout);
      if (id === undefined) return this.#fail(`${client.tool} told no ID: ${outcome.stdout}`);
      entry.id = id;
      entry.state = 'kept';
      tally.snapshots[client.tool]++;
      return true;
    };
  }

  #deletion(): Command {
    const { book, client, tally } = this.#parts;
    const by = this.#anyClient();
    let chosen: Entry | undefined;
    return async () => {
      // Chosen late: before that, retention is at work on the same snapshots.
      chosen ??= this.#anyOf(book.of(client.name).filter(({ state }) => state === 'kept'));
      if (chosen?.id === undefined) return true;
      const isRetry = chosen.state === 'maybe';
      chosen.state = 'maybe';
      const isGone = isRetry && (await by.list()).every(({ id }) => id !== chosen?.id);
      if (!isGone && (await this.#run(by, ['snapshot', 'delete', chosen.id, '--delete'])) === undefined)
        return false;
      chosen.state = 'deleted';
      tally.deletes[by.tool]++;
      return true;
    };
  }

  /** Concerns all sources; the book has seen to it when their snapshots were taken. */
  #expiration(): Command {
    const by = this.#anyClient();
    return async () => {
      if ((await this.#run(by, ['snapshot', 'expire', '--all', '--delete'])) === undefined) return false;
      this.#parts.tally.expirations[by.tool]++;
      return true;
    };
  }

  /** Undefined when the command was killed. One that fails counts as a problem and stops the writer. */
  async #run(client: Client, args: readonly string[]): Promise<Outcome | undefined> {
    const outcome = await client.run(args);
    if (outcome.wasKilled) this.#parts.tally.killedWriters[client.tool]++;
    else if (outcome.code !== 0) this.#fail(failureOf(client, args, outcome));
    return outcome.wasKilled ? undefined : outcome;
  }

  #fail(problem: string): never {
    throw new Error(problem);
  }

  #anyClient(): Client {
    return this.#anyOf([this.#parts.client, ...this.#parts.janitors]) ?? this.#parts.client;
  }

  #anyOf<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#parts.random() * list.length)];
  }
}

function idOf(stdout: string): string | undefined {
  return /"id":\s*"([0-9a-f]{32})"/.exec(stdout)?.[1];
}
