/** Tasks that wait for a worker. Urgent ones come first, in the order they were added; of the others the newest comes
 *  first, so that a tree is walked in depth and few directories are open at a time. */
export class TaskQueue<T> {
  readonly #urgent: T[] = [];
  readonly #others: T[] = [];

  add(task: T, isUrgent: boolean): void {
    (isUrgent ? this.#urgent : this.#others).push(task);
  }

  take(): T | undefined {
    return this.#urgent.shift() ?? this.#others.pop();
  }

  /** The first urgent task that `isWanted` accepts. */
  takeUrgent(isWanted: (task: T) => boolean): T | undefined {
    const at = this.#urgent.findIndex(isWanted);
    return at < 0 ? undefined : this.#urgent.splice(at, 1)[0];
  }

  takeAll(): T[] {
    return [...this.#urgent.splice(0), ...this.#others.splice(0)];
  }
}
