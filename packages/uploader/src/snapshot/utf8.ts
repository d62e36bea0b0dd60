/** Length of the valid UTF-8 sequence at `at` of a byte string, or 0 when the byte there starts none.
 *  Same verdict as Go's utf8.DecodeRune: no overlong forms, no surrogates, nothing above U+10FFFF. */
export function utf8SequenceLength(bytes: string, at: number): number {
  const lead = bytes.charCodeAt(at);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const second = bytes.charCodeAt(at + 1);
  if (!(second >= lowestSecond(lead) && second <= highestSecond(lead))) return 0;
  if (lead < 0xe0) return 2;
  if (!isContinuation(bytes.charCodeAt(at + 2))) return 0;
  if (lead < 0xf0) return 3;
  return isContinuation(bytes.charCodeAt(at + 3)) ? 4 : 0;
}

/** Whether a byte string is valid UTF-8 from end to end. */
export function isUtf8(bytes: string): boolean {
  for (let at = 0; at < bytes.length;) {
    const length = utf8SequenceLength(bytes, at);
    if (length === 0) return false;
    at += length;
  }
  return true;
}

/** Writes the code points of a byte string to `out` from `from` on and returns the end; each invalid byte is U+FFFD.
 *  `out` needs room for as many numbers as `bytes` has characters. */
export function decodeCodePoints(bytes: string, out: Uint32Array, from: number): number {
  let to = from;
  for (let at = 0; at < bytes.length;) {
    const length = utf8SequenceLength(bytes, at);
    out[to++] = length === 0 ? REPLACEMENT : codePoint(bytes, at, length);
    at += length === 0 ? 1 : length;
  }
  return to;
}

const REPLACEMENT = 0xfffd;

function codePoint(bytes: string, at: number, length: number): number {
  const lead = bytes.charCodeAt(at);
  if (length === 1) return lead;
  let value = lead & (0x7f >> length);
  for (let i = 1; i < length; i++) value = (value << 6) | (bytes.charCodeAt(at + i) & 0x3f);
  return value;
}

// A character past the end is NaN, for which every comparison is false.
function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte <= 0xbf;
}

function lowestSecond(lead: number): number {
  return lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
}

function highestSecond(lead: number): number {
  return lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
}
