/** Permission and special bits of a Unix st_mode that a snapshot keeps. */
export const MODE_MASK = 0o7777;

const PERMISSIONS = 0o777;
/** Unix bit beside the bit Go's io/fs.FileMode has for the same thing. */
const SPECIAL_BITS: readonly (readonly [unix: number, go: number])[] = [
  [0o4000, 1 << 23],
  [0o2000, 1 << 22],
  [0o1000, 1 << 20],
];

/** Kopia's text for the permission and special bits of `mode`; `''` when there are none (the field is omitted then).
 *  File type bits are not looked at. */
export function encodeMode(mode: number): string {
  return (texts[mode & MODE_MASK] ??= textOfMode(mode));
}

/** Nearly all files have one of a few modes. */
const texts: string[] = [];

function textOfMode(mode: number): string {
  let bits = mode & PERMISSIONS;
  for (const [unix, go] of SPECIAL_BITS) if (mode & unix) bits |= go;
  return bits === 0 ? '' : `0${bits.toString(8)}`;
}

/** Inverse of `encodeMode`; undefined when `text` is no number. Bits that a snapshot doesn't keep are dropped.
 *  A leading zero means octal, as everywhere in kopia; without it the number is decimal. */
export function decodeMode(text: string): number | undefined {
  if (text === '') return 0;
  if (!/^(?:0[0-7]{0,11}|[1-9][0-9]{0,9})$/.test(text)) return undefined;
  const bits = Number.parseInt(text, text.startsWith('0') ? 8 : 10);
  let mode = bits & PERMISSIONS;
  for (const [unix, go] of SPECIAL_BITS) if (bits & go) mode |= unix;
  return mode;
}
