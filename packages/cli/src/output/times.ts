const NS_PER_MS = 1_000_000n;

/** A moment for people, in local time: `2006-01-02 15:04:05 CET`. */
export function timeText(ns: bigint): string {
  const date = new Date(Number(ns / NS_PER_MS));
  return `${datePart(date)} ${zoneName(date)}`;
}

/** As `timeText`, with milliseconds. */
export function preciseTimeText(ms: number): string {
  const date = new Date(ms);
  return `${datePart(date)}.${String(date.getMilliseconds()).padStart(3, '0')} ${zoneName(date)}`;
}

/** Nanoseconds of a time in milliseconds. */
export function nsOfMs(ms: number): bigint {
  return BigInt(Math.trunc(ms)) * NS_PER_MS;
}

function datePart(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Made when first needed: it takes longer than starting the program does. */
let zoneFormat: Intl.DateTimeFormat | undefined;

/** Short name of the local time zone at a moment. */
export function zoneName(date: Date): string {
  zoneFormat ??= new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' });
  return zoneFormat.formatToParts(date).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}
