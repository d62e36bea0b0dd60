/** Gives back memory of which nobody needs anything any more, at once. Of buffers that came in messages V8 sees the small handles only;
 *  they lie around for long once they are old: 30 MB while a directory of a million files is saved. `bytes` is empty then. */
export function freeMemory({ buffer }: Uint8Array<ArrayBuffer>): void {
  buffer.transfer(0);
}

/** The same for a view of a whole buffer; what shares its buffer with others is left to the collector. */
export function freeIfWhole(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) buffer.transfer(0);
}
