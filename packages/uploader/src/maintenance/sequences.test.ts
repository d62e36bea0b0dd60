import type { Repository } from '@holdfast/repository';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { deleteSnapshots } from '../snapshots/snapshot-store.ts';
import {
  createMaintenanceRig,
  HOUR,
  type MaintenanceRig,
  readSnapshots,
  takeSnapshot,
  type Tree,
} from '../testing/maintenance-rig.ts';
import { runMaintenance } from './maintain.ts';

/** One thing that happens to a repository. Writers hold a view of the index as old as their last refresh. */
type Action =
  | { readonly kind: 'snapshot'; readonly writer: 0 | 1; readonly files: readonly number[] }
  | { readonly kind: 'delete'; readonly pick: number }
  | { readonly kind: 'refresh'; readonly writer: 0 | 1 }
  | { readonly kind: 'wait'; readonly hours: number }
  | { readonly kind: 'maintain'; readonly mode: 'quick' | 'full' };

const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('snapshot' as const),
      writer: fc.constantFrom(0 as const, 1 as const),
      files: fc.uniqueArray(fc.nat(7), { maxLength: 5 }),
    }),
    fc.record({ kind: fc.constant('delete' as const), pick: fc.nat(20) }),
    fc.record({ kind: fc.constant('refresh' as const), writer: fc.constantFrom(0 as const, 1 as const) }),
    fc.record({ kind: fc.constant('wait' as const), hours: fc.constantFrom(1, 5, 26) }),
    fc.record({
      kind: fc.constant('maintain' as const),
      mode: fc.constantFrom('quick' as const, 'full' as const, 'full' as const),
    }),
  ),
  { minLength: 5, maxLength: 30 },
);

describe.each([{ formatVersion: 3 as const }, { formatVersion: 1 as const }])(
  'any sequence of snapshots, deletions and maintenance of format $formatVersion',
  ({ formatVersion }) => {
    it('leaves every listed snapshot whole', { timeout: 120_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(actions, async (sequence) => {
          using rig = await createMaintenanceRig({ formatVersion });
          const world = await World.open(rig);
          for (const action of sequence) await world.apply(action);
          await world.check();
          await world.close();
        }),
        { numRuns: 12 },
      );
    });
  },
);

class World {
  readonly #rig: MaintenanceRig;
  readonly #writers: readonly [Repository, Repository];
  readonly #maintainer: Repository;
  readonly #snapshots = new Map<string, Tree>();
  #lastRefreshMs = 0;

  private constructor(rig: MaintenanceRig, clients: readonly [Repository, Repository, Repository]) {
    this.#rig = rig;
    const [one, two, maintainer] = clients;
    this.#writers = [one, two];
    this.#maintainer = maintainer;
    this.#lastRefreshMs = rig.clock.nowMs();
  }

  static async open(rig: MaintenanceRig): Promise<World> {
    const one = await rig.open({ username: 'one' });
    return new World(rig, [one, await rig.open({ username: 'two' }), await rig.open()]);
  }

  async apply(action: Action): Promise<void> {
    switch (action.kind) {
      case 'snapshot':
        await this.#keepFresh();
        await this.#snapshot(this.#writers[action.writer], action.files);
        break;
      case 'delete':
        await this.#delete(action.pick);
        break;
      case 'refresh':
        await this.#writers[action.writer].refresh();
        break;
      case 'wait':
        this.#rig.clock.advance(action.hours * HOUR);
        break;
      case 'maintain':
        await runMaintenance(this.#maintainer, { mode: action.mode });
        break;
    }
  }

  async check(): Promise<void> {
    await this.#maintainer.refresh();
    expect(await readSnapshots(this.#maintainer)).toEqual(this.#snapshots);
  }

  async close(): Promise<void> {
    for (const client of [...this.#writers, this.#maintainer]) await client.close();
  }

  /** The rule that the waiting times of maintenance rely on: nobody writes with a view older than hours. */
  async #keepFresh(): Promise<void> {
    if (this.#rig.clock.nowMs() - this.#lastRefreshMs < HOUR) return;
    for (const writer of this.#writers) await writer.refresh();
    this.#lastRefreshMs = this.#rig.clock.nowMs();
  }

  async #snapshot(writer: Repository, files: readonly number[]): Promise<void> {
    const tree = Object.fromEntries(
      files.toSorted((a, b) => a - b).map((file) => [`f${file}`, `text ${file}`]),
    );
    this.#snapshots.set(await takeSnapshot(writer, tree), tree);
  }

  async #delete(pick: number): Promise<void> {
    const ids = [...this.#snapshots.keys()];
    const id = ids[pick % Math.max(1, ids.length)];
    if (id === undefined) return;
    await this.#maintainer.refresh();
    await deleteSnapshots(this.#maintainer, [id]);
    this.#snapshots.delete(id);
  }
}
