import { storedBlobIds } from '../../support/blob-files.ts';
import { type Client, failureOf } from './client.ts';
import type { Tally } from './tally.ts';

/** What maintenance works with. */
export interface MaintainerParts {
  readonly repository: string;
  /** One a tool; they take turns. */
  readonly clients: readonly Client[];
  readonly tally: Tally;
  readonly random: () => number;
}

/** Lets the tools maintain the repository in turn, with all safety margins, each taking ownership over before. */
export class Maintainer {
  readonly #parts: MaintainerParts;
  #turn = 0;

  constructor(parts: MaintainerParts) {
    this.#parts = parts;
  }

  /** The next turn. After a kill it is the same tool's once more, or the other's, which then finds what was left. */
  async step(): Promise<void> {
    const { clients, tally, random } = this.#parts;
    const client = clients[this.#turn % clients.length];
    if (client === undefined) return;
    const isFull = random() < 0.75;
    const wasDone = await this.maintain(client, isFull ? 'full' : 'quick');
    if (!wasDone) tally.killedMaintenance[client.tool]++;
    if (wasDone || random() < 0.5) this.#turn++;
  }

  /** False when it was killed. Throws when it fails. */
  async maintain(client: Client, mode: 'full' | 'quick'): Promise<boolean> {
    if (!(await this.#run(client, ['maintenance', 'set', '--owner=me']))) return false;
    const before = storedBlobIds(this.#parts.repository);
    const flags = mode === 'full' ? ['--full', '--safety=full'] : ['--safety=full'];
    // A tree may lose most of its data at once here.
    if (client.tool === 'holdfast') flags.push('--max-delete-percent=100');
    const wasDone = await this.#run(client, ['maintenance', 'run', ...flags]);
    this.#count(client, before);
    if (wasDone) this.#parts.tally[mode === 'full' ? 'fullMaintenance' : 'quickMaintenance'][client.tool]++;
    return wasDone;
  }

  async #run(client: Client, args: readonly string[]): Promise<boolean> {
    const outcome = await client.run(args);
    if (!outcome.wasKilled && outcome.code !== 0) throw new Error(failureOf(client, args, outcome));
    return !outcome.wasKilled;
  }

  /** Nothing but maintenance begins epochs or deletes packs and settled indexes. */
  #count({ tool }: Client, before: readonly string[]): void {
    const { repository, tally } = this.#parts;
    const after = new Set(storedBlobIds(repository));
    const gone = before.filter((id) => !after.has(id));
    const known = new Set(before);
    tally.packsDeleted[tool] += gone.filter((id) => /^[pq]/.test(id)).length;
    tally.indexesDeleted[tool] += gone.filter((id) => /^x[nsr]/.test(id)).length;
    tally.epochsBegun[tool] += [...after].filter((id) => id.startsWith('xe') && !known.has(id)).length;
  }
}
