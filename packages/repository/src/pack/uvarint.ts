/** A decoded number and where the next one starts. */
export interface Uvarint {
  readonly value: number;
  readonly next: number;
}

/** LEB128, least significant seven bits first. `value` is a non-negative safe integer. */
export function encodeUvarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** The number at `bytes[at]`; undefined when it does not end in `bytes` or is not a safe integer. */
export function decodeUvarint(bytes: Uint8Array, at: number): Uvarint | undefined {
  let value = 0;
  let unit = 1;
  for (let next = at; next < bytes.length; unit *= 0x80) {
    const byte = bytes[next++] ?? 0;
    value += (byte & 0x7f) * unit;
    if (!Number.isSafeInteger(value)) return undefined;
    if (byte < 0x80) return { value, next };
  }
  return undefined;
}
