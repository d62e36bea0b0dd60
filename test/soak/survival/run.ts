import { setTimeout as delay } from 'node:timers/promises';

import { shiftFileTimes, storedBlobIds } from '../../support/blob-files.ts';
import { ageRepository } from './aging.ts';
import { checkLists, restoreByOther, verifyEverything } from './checks.ts';
import { type Crew, type CrewOptions, hireCrew, openForBusiness } from './crew.ts';
import { Gate } from './gate.ts';
import type { Tally } from './tally.ts';

/** How long the tools live together, and how dangerously. */
export interface SurvivalOptions extends CrewOptions {
  readonly minutes: number;
  /** Time between two rests of the repository. */
  readonly restEveryMs: number;
  /** Snapshots that are restored in the end, about. */
  readonly restores: number;
  readonly log: (line: string) => void;
}

/** What it came to. */
export interface SurvivalReport extends Readonly<Tally> {
  readonly seed: number;
  readonly minutes: number;
  /** Epochs that have ended. */
  readonly epochs: number;
  /** Rests of the repository, and what they add up to. */
  readonly rests: number;
  readonly agedHours: number;
  readonly packsLeft: number;
}

/** Two writers of Holdfast and one of kopia share a repository of the local file system, while both tools maintain it in
 *  turn with all safety margins. Between rests everything happens at the same time; during a rest nothing runs and the
 *  repository gets hours or days older. In the end, and at each rest, everything must be readable by both. */
export async function survive(options: SurvivalOptions): Promise<SurvivalReport> {
  return await new Survival(options).run();
}

class Survival {
  readonly #options: SurvivalOptions;
  readonly #crew: Crew;
  readonly #gate = new Gate();
  #isOver = false;
  #rests = 0;
  #agedHours = 0;

  constructor(options: SurvivalOptions) {
    this.#options = options;
    this.#crew = hireCrew(options);
  }

  async run(): Promise<SurvivalReport> {
    const startMs = performance.now();
    await openForBusiness(this.#crew);
    const { writers, maintainer } = this.#crew;
    const lives = [...writers, maintainer].map(async (actor) => await this.#live(actor));
    await Promise.all([...lives, this.#rest(startMs + this.#options.minutes * 60_000)]);
    await this.#attempt(async () => await this.#settle());
    await this.#attempt(async () => await this.#check());
    return this.#report((performance.now() - startMs) / 60_000);
  }

  async #live(actor: { step(): Promise<void> }): Promise<void> {
    while (!this.#isOver)
      await this.#attempt(async () => await this.#gate.pass(async () => await actor.step()));
  }

  async #rest(untilMs: number): Promise<void> {
    while (!this.#isOver) {
      const wakeMs = Math.min(untilMs, performance.now() + this.#options.restEveryMs);
      while (!this.#isOver && performance.now() < wakeMs) await delay(100);
      if (wakeMs === untilMs) this.#isOver = true;
      await this.#attempt(async () => await this.#gate.close(async () => await this.#age(this.#anyHours())));
    }
  }

  /** Each has something else that it is long enough for: a new epoch, garbage collection, abandoned sessions. */
  #anyHours(): number {
    const hours = [5, 26, 30, 100];
    return hours[Math.floor(this.#crew.random() * hours.length)] ?? 0;
  }

  async #age(hours: number): Promise<void> {
    const { repository, clients, janitors, tally } = this.#crew;
    await ageRepository(repository, hours * 3600);
    for (const { home } of clients) shiftFileTimes(home, hours * 3600);
    this.#rests++;
    this.#agedHours += hours;
    const judge = janitors[this.#rests % janitors.length];
    if (judge !== undefined) await verifyEverything(judge, tally);
    const { snapshots, fullMaintenance } = tally;
    this.#options.log(
      `rest ${this.#rests}: ${hours} h older, epoch ${epochsOf(repository)}, ${storedBlobIds(repository).length} blobs, ` +
        `snapshots ${JSON.stringify(snapshots)}, full maintenance ${JSON.stringify(fullMaintenance)}`,
    );
  }

  /** What maintenance has begun comes to its end: whatever it takes away wrongly is gone then. */
  async #settle(): Promise<void> {
    const { janitors, maintainer } = this.#crew;
    for (const hours of [26, 26, 100, 26, 26, 26]) {
      const client = janitors[this.#rests % janitors.length];
      if (client !== undefined) while (!(await maintainer.maintain(client, 'full')));
      await this.#age(hours);
    }
  }

  async #check(): Promise<void> {
    const { janitors, tally } = this.#crew;
    for (const client of janitors) await this.#attempt(async () => await verifyEverything(client, tally));
    const listed = await checkLists(this.#crew);
    const every = Math.max(1, Math.floor(listed.length / this.#options.restores));
    for (const snapshot of listed.filter((_, i) => i % every === 0))
      await this.#attempt(async () => await restoreByOther(this.#crew, snapshot, this.#options.place));
  }

  /** What fails is a problem, and the end: more would only hide what came first. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#isOver = true;
      this.#crew.tally.problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
      this.#options.log(`problem: ${String(error)}`);
    }
  }

  #report(minutes: number): SurvivalReport {
    const { repository, tally } = this.#crew;
    return {
      seed: this.#options.seed,
      minutes: Math.round(minutes * 10) / 10,
      epochs: epochsOf(repository),
      rests: this.#rests,
      agedHours: this.#agedHours,
      packsLeft: storedBlobIds(repository).filter((id) => /^[pq]/.test(id)).length,
      ...tally,
    };
  }
}

/** The number of the last epoch that has begun. */
function epochsOf(repository: string): number {
  const markers = storedBlobIds(repository).map((id) => Number(/^xe(\d+)$/.exec(id)?.[1] ?? 0));
  return Math.max(0, ...markers);
}
