/** Decides which commands are killed, and when. */
export class Killer {
  readonly #share: number;
  readonly #random: () => number;
  /** How long commands usually take. */
  readonly #typicalMs = new Map<string, number>();

  /** Kills that share of the commands whose usual time is known. */
  constructor(share: number, random: () => number) {
    this.#share = share;
    this.#random = random;
  }

  /** Milliseconds after which to kill this run of a command, at any moment of it; undefined to let it be. */
  plan(command: string): number | undefined {
    const typicalMs = this.#typicalMs.get(command);
    const isChosen = this.#random() < this.#share;
    return typicalMs !== undefined && isChosen ? this.#random() * typicalMs * 1.1 : undefined;
  }

  /** Takes note of how long a command has taken. */
  learn(command: string, ms: number): void {
    const known = this.#typicalMs.get(command) ?? ms;
    this.#typicalMs.set(command, known + (ms - known) / 4);
  }
}
