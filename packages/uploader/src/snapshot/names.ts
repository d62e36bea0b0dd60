import { decodeCodePoints, isUtf8 } from './utf8.ts';

/** A file name as the bytes it is on disk: one character per byte, all below 256 (what readdir gives with encoding `latin1`).
 *  Names on Unix are bytes, not text; this form compares, concatenates and crosses threads as fast as any string. */
export type ByteName = string & { readonly __brand: 'ByteName' };

const NOT_ASCII = /[^\0-\x7f]/;
const NOT_BYTES = /[^\0-\xff]/;

/** Takes a string whose characters are bytes already, such as a name from readdir with encoding `latin1`. */
export function byteNameFromLatin1(bytes: string): ByteName {
  if (NOT_BYTES.test(bytes)) throw new RangeError('a byte name has a character above 255');
  // Just checked.
  return bytes as ByteName;
}

/** The name whose bytes are `text` in UTF-8. */
export function byteNameFromText(text: string): ByteName {
  // latin1 decoding yields bytes; ASCII text is its own byte string.
  return (NOT_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text) as ByteName;
}

/** The name as text for people: UTF-8 decoded, each invalid byte as U+FFFD, as Go shows it. */
export function textOfByteName(name: ByteName): string {
  if (!NOT_ASCII.test(name)) return name;
  if (isUtf8(name)) return Buffer.from(name, 'latin1').toString('utf8');
  const points = new Uint32Array(name.length);
  return Array.from(points.subarray(0, decodeCodePoints(name, points, 0)), (point) =>
    String.fromCodePoint(point),
  ).join('');
}

/** Byte order, which is kopia's order of names. */
export function compareByteNames(a: ByteName, b: ByteName): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Compares text by its UTF-8 bytes; JavaScript's own order differs where a character is beyond U+FFFF. */
export function compareText(a: string, b: string): number {
  return compareByteNames(byteNameFromText(a), byteNameFromText(b));
}

/** Whether a name from a repository can be created inside its directory, and nowhere else. */
export function isSafeEntryName(name: ByteName): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
}
