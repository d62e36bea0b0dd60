import { AsyncLocalStorage } from 'node:async_hooks';

/* Requests are made far below what tries them again, with wrappers between that have nothing to do with either. */
const attempts = new AsyncLocalStorage<number>();

/** Runs the attempt of this number, from 1. */
export function asAttempt<T>(number: number, run: () => Promise<T>): Promise<T> {
  return attempts.run(number, run);
}

/** The number of the attempt that is running. */
export function currentAttempt(): number {
  return attempts.getStore() ?? 1;
}

/** Whether whoever called tries again what fails. */
export function isAttempt(): boolean {
  return attempts.getStore() !== undefined;
}
