import { type Command, InvalidArgumentError, Option } from 'commander';

/** Adds `--name` and `--no-name`; the help shows the one that changes something. */
export function negatable(command: Command, name: string, description: string, initial: boolean): Command {
  const positive = new Option(`--${name}`, description).default(initial);
  const negative = new Option(`--no-${name}`, `don't ${description}`);
  return command.addOption(positive.hideHelp(initial)).addOption(negative.hideHelp(!initial));
}

/** Adds an option that takes one of `names`. */
export function choice(
  command: Command,
  flags: string,
  description: string,
  names: readonly string[],
): Command {
  return command.addOption(new Option(flags, description).choices(names));
}

/** Adds an option that can be given several times; its value is a list, empty when it isn't given. */
export function repeatable(command: Command, flags: string, description: string): Command {
  const option = new Option(flags, description).argParser((value, list: string[]) => [...list, value]);
  command.addOption(option);
  // Not as the option's own default, which the help would show.
  return command.setOptionValueWithSource(option.attributeName(), [], 'default');
}

/** Parser of a whole number of at least `least`. */
export function wholeNumber(least = 0): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`It must be a whole number${least > 0 ? ` from ${least}` : ''}.`);
  };
}

/** Parser of a whole number that may be negative. */
export function integer(text: string): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It must be a whole number.');
}

/** Parser of a number from 0 to 100. */
export function percentage(text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value <= 100) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 100.');
}

/** Whether the value of an environment variable means yes, as Go reads it. */
export function isTrue(value: string | undefined): boolean {
  return /^(?:1|t|true)$/i.test(value ?? '');
}

/** Parser of permission bits such as `0640`. */
export function octalMode(text: string): number {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  throw new InvalidArgumentError('It must be octal digits, such as 0600.');
}

/** Parser of a duration such as `90m` or `1h30m`, in milliseconds. */
export function durationMs(text: string): number {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text) && text !== '0')
    throw new InvalidArgumentError('It must be a duration, such as 90m or 1h30m.');
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g);
  return [...parts].reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNIT_MS[unit] ?? 0), 0);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
