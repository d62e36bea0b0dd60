const PREFIXES = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

/** A size for people, such as `21 MB`. Source: kopia internal/units/units.go. */
export function bytesText(bytes: number): string {
  return decimalText(bytes, 'B');
}

/** A speed for people. */
export function speedText(bytesPerSecond: number): string {
  return decimalText(bytesPerSecond, 'B/s');
}

/** A count for people, with thousands apart. */
export function countText(count: number): string {
  // Loading the locale data for Intl would take longer than many a command.
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** `count` and the noun in singular or plural. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${countText(count)} ${count === 1 ? noun : plural}`;
}

/** A length of time in its two largest units, such as `1h05m`. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours > 0) return `${hours}h${String(minutes).padStart(2, '0')}m`;
  if (minutes > 0) return `${minutes}m${String(seconds % 60).padStart(2, '0')}s`;
  return `${seconds}s`;
}

/** How much smaller `packed` is than `original`, as kopia says it. */
export function savingText(original: number, packed: number): string {
  return packed >= original ? '0%' : `${(100 * (1 - packed / original)).toFixed(1)}%`;
}

function decimalText(value: number, unit: string): string {
  let rest = value;
  let prefix = 0;
  while (rest >= 900 && prefix < PREFIXES.length - 1) {
    rest /= 1000;
    prefix++;
  }
  const digits = rest.toFixed(1).replace(/\.0$/, '');
  return `${digits} ${PREFIXES[prefix]}${unit}`;
}
