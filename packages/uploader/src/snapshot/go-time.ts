const NS_PER_SECOND = 1_000_000_000n;
const TIME =
  /^\d{4}-\d\d-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(\d+))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/** Nanoseconds since 1970 as Go writes a time: RFC 3339 in UTC, fraction without trailing zeros. */
export function formatTimeNs(ns: bigint): string {
  const seconds = floorSeconds(ns);
  const nanos = Number(ns - BigInt(seconds) * NS_PER_SECOND);
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}${formatFraction(nanos)}Z`;
}

/** Inverse of `formatTimeNs`; takes any offset and any length of fraction (digits past the ninth are dropped).
 *  Undefined when `text` is no RFC 3339 time. */
export function parseTimeNs(text: string): bigint | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [, day, fraction = '', sign, offsetHours, offsetMinutes] = match;
  const local = new Date(`${text.slice(0, 19)}Z`);
  // Date rolls the 30th of February over into March.
  if (local.getUTCDate() !== Number(day)) return undefined;
  const offset = sign === undefined ? 0 : Number(offsetHours) * 3600 + Number(offsetMinutes) * 60;
  const utc = local.getTime() / 1000 + (sign === '-' ? offset : -offset);
  return BigInt(utc) * NS_PER_SECOND + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}

function floorSeconds(ns: bigint): number {
  const truncated = Number(ns / NS_PER_SECOND);
  return ns < 0n && BigInt(truncated) * NS_PER_SECOND !== ns ? truncated - 1 : truncated;
}

function formatFraction(nanos: number): string {
  if (nanos === 0) return '';
  const digits = String(nanos).padStart(9, '0');
  let end = 9;
  while (digits.charCodeAt(end - 1) === 0x30) end--;
  return `.${digits.slice(0, end)}`;
}
