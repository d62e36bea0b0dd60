/** Lets many work at the same time, and one alone. */
export class Gate {
  #inside = 0;
  #closed: PromiseWithResolvers<void> | undefined;
  #left: PromiseWithResolvers<void> | undefined;

  /** Does `work` beside others as soon as the gate is open. */
  async pass(work: () => Promise<void>): Promise<void> {
    while (this.#closed !== undefined) await this.#closed.promise;
    this.#inside++;
    try {
      await work();
    } finally {
      this.#inside--;
      this.#left?.resolve();
    }
  }

  /** Does `work` while nobody else is inside: waits for those who are, and keeps all others waiting. Not to be called
   *  again before it has resolved. */
  async close(work: () => Promise<void>): Promise<void> {
    const closed = Promise.withResolvers<void>();
    this.#closed = closed;
    try {
      while (this.#inside > 0) await (this.#left = Promise.withResolvers<void>()).promise;
      await work();
    } finally {
      this.#closed = undefined;
      closed.resolve();
    }
  }
}
