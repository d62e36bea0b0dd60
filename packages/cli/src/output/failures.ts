import type { FailedEntry } from '@holdfast/uploader';
import type { CliContext } from '../context.ts';
import { tellError } from './messages.ts';
import type { ProgressLine } from './progress.ts';
import { countText } from './units.ts';

/** More would hide what came before. */
const MOST_SHOWN = 100;

/** Tells of entries that fail, each at once, as long as there are not too many. */
export class FailureReport {
  readonly #context: CliContext;
  readonly #line: ProgressLine;
  readonly #verb: string;
  #count = 0;

  /** `verb` is what could not be done: `save`, `restore`. */
  constructor(context: CliContext, line: ProgressLine, verb: string) {
    this.#context = context;
    this.#line = line;
    this.#verb = verb;
  }

  readonly add = ({ path, error }: FailedEntry): void => {
    if (this.#count++ >= MOST_SHOWN) return;
    this.#line.clear();
    tellError(this.#context, `cannot ${this.#verb} ${path}: ${error}`);
  };

  /** Says how many more there were than were told. */
  end(): void {
    this.#line.clear();
    const more = this.#count - MOST_SHOWN;
    if (more > 0) tellError(this.#context, `and ${countText(more)} more`);
  }
}
