const NS_PER_SECOND = 1_000_000_000n;
const SECONDS_PER_DAY = 86_400;
const DATE_LENGTH = 19; // of 2006-01-02T15:04:05

/** Nanoseconds since the Unix epoch of an RFC 3339 time, any offset, any number of fraction digits (those past the
 *  ninth are cut). Throws SyntaxError, as JSON.parse does: a decoder turns it into its own coded error.
 *  Digits are read by place: a directory of a million entries has a million times, and a pattern takes three times as long. */
export function parseTimeNs(text: string): bigint {
  const days = parseDate(text);
  const hour = numberAt(text, 11);
  const minute = numberAt(text, 14);
  const second = numberAt(text, 17);
  const zone = fractionEnd(text);
  const offset = zone < 0 ? Number.NaN : parseOffset(text, zone);
  const seconds = days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - offset;
  const separated = text[10] === 'T' && text[13] === ':' && text[16] === ':';
  if (!separated || hour > 23 || minute > 59 || second > 59 || Number.isNaN(seconds))
    throw new SyntaxError(`not an RFC 3339 time: ${JSON.stringify(text)}`);
  return BigInt(seconds) * NS_PER_SECOND + BigInt(parseNanos(text, zone));
}

/** RFC 3339 in UTC, as Go's RFC3339Nano: at most nine fraction digits, without trailing zeros.
 *  Years 0 to 9999. */
export function formatTimeNs(ns: bigint): string {
  const seconds = Number(ns / NS_PER_SECOND);
  const nanos = Number(ns % NS_PER_SECOND);
  return nanos < 0 ? formatTime(seconds - 1, nanos + 1_000_000_000) : formatTime(seconds, nanos);
}

/** The same for whole seconds since the Unix epoch and the nanoseconds, 0 to 999,999,999, that follow them. */
export function formatTime(seconds: number, nanos: number): string {
  const day = Math.floor(seconds / SECONDS_PER_DAY);
  const rest = seconds - day * SECONDS_PER_DAY;
  const hour = Math.floor(rest / 3600);
  const minute = Math.floor((rest % 3600) / 60);
  return `${dateOf(day)}T${two(hour)}:${two(minute)}:${two(rest % 60)}${formatFraction(nanos)}Z`;
}

/** Two digits, or NaN. */
function numberAt(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** Days since the epoch, or NaN. */
function parseDate(text: string): number {
  const year = numberAt(text, 0) * 100 + numberAt(text, 2);
  const month = numberAt(text, 5);
  const day = numberAt(text, 8);
  if (text[4] !== '-' || text[7] !== '-' || !(month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  return day > 28 && day > daysInMonth(year, month) ? Number.NaN : daysFromCivil(year, month, day);
}

/** Where the zone begins; -1 when a decimal point has no digits. */
function fractionEnd(text: string): number {
  const point = text[DATE_LENGTH];
  if (point !== '.' && point !== ',') return DATE_LENGTH;
  let end = DATE_LENGTH + 1;
  while (text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
  return end > DATE_LENGTH + 1 ? end : -1;
}

function parseNanos(text: string, zone: number): number {
  let nanos = 0;
  for (let at = DATE_LENGTH + 1; at < DATE_LENGTH + 10; at++)
    nanos = nanos * 10 + (at < zone ? text.charCodeAt(at) - 48 : 0);
  return nanos;
}

/** Seconds east of UTC, or NaN. */
function parseOffset(text: string, zone: number): number {
  const sign = text[zone];
  if (sign === 'Z') return text.length === zone + 1 ? 0 : Number.NaN;
  const seconds = numberAt(text, zone + 1) * 3600 + numberAt(text, zone + 4) * 60;
  if (text[zone + 3] !== ':' || text.length !== zone + 6) return Number.NaN;
  return sign === '+' ? seconds : sign === '-' ? -seconds : Number.NaN;
}

function formatFraction(nanos: number): string {
  if (nanos === 0) return '';
  const digits = String(nanos).padStart(9, '0');
  let end = 9;
  while (digits.charCodeAt(end - 1) === 48) end--;
  return `.${digits.slice(0, end)}`;
}

let recentDay = Number.NaN;
let recentDate = '';

/** As `formatDate`; neighbours in a directory often are of one day. */
function dateOf(day: number): string {
  if (day !== recentDay) {
    recentDate = formatDate(day);
    recentDay = day;
  }
  return recentDate;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

function daysInMonth(year: number, month: number): number {
  const next = month === 12 ? daysFromCivil(year + 1, 1, 1) : daysFromCivil(year, month + 1, 1);
  return next - daysFromCivil(year, month, 1);
}

// Proleptic Gregorian calendar in eras of 400 years that begin on 1 March, so that a leap day ends its year.

function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function formatDate(daysSinceEpoch: number): string {
  const days = daysSinceEpoch + 719_468;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}
