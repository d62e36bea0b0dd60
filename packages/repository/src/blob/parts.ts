/** Sum of the lengths of `parts`. */
export function totalLength(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** The bytes of all `parts`, copied into one array. */
export function concatParts(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(totalLength(parts));
  let length = 0;
  for (const part of parts) {
    bytes.set(part, length);
    length += part.length;
  }
  return bytes;
}
