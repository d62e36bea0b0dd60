import { styleText } from 'node:util';
import type { CliContext } from '../context.ts';

/** Tells what goes on, on standard error: standard output is for what was asked for. */
export function tell(context: CliContext, message: string): void {
  if (context.verbosity.tells('info')) context.stderr.write(`${message}\n`);
}

/** Tells of something to look at. */
export function warn(context: CliContext, message: string): void {
  if (!context.verbosity.tells('warning')) return;
  context.stderr.write(`${paint(context, 'yellow', 'holdfast: warning:')} ${message}\n`);
}

/** Tells what failed. */
export function tellError(context: CliContext, message: string): void {
  context.stderr.write(`${paint(context, 'red', 'holdfast:')} ${message}\n`);
}

/** Tells those who look for a defect where `error` and what caused it came from. */
export function tellStack(context: CliContext, error: unknown): void {
  if (!context.verbosity.tells('debug')) return;
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    context.stderr.write(`${cause === error ? '' : 'caused by '}${cause.stack ?? cause.message}\n`);
}

function paint({ terminal, verbosity }: CliContext, color: 'yellow' | 'red', text: string): string {
  const hasColors = verbosity.colors ?? terminal.hasColors;
  return hasColors ? styleText(color, text, { validateStream: false }) : text;
}
