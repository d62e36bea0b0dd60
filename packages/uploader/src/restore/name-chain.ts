/** Names of files and directories below a root, packed: each costs its bytes and six more, whatever the path. A name is
 *  known by the position it was put at; it holds up to 4 GiB. */
export class NameChain {
  readonly #chunks: Buffer[] = [];
  #used = CHUNK_BYTES;

  /** Puts a byte name below the directory at position `parent`, `ROOT` for the root; undefined when there is no more room. */
  put(parent: number, name: string): number | undefined {
    const length = HEADER_BYTES + name.length;
    if (this.#used + length > CHUNK_BYTES) {
      if (this.#chunks.length === MOST_CHUNKS) return undefined;
      this.#chunks.push(Buffer.allocUnsafeSlow(CHUNK_BYTES));
      this.#used = 0;
    }
    const [chunk, at] = this.#place((this.#chunks.length - 1) * CHUNK_BYTES + this.#used);
    chunk.writeUInt32LE(parent, at);
    chunk.writeUInt16LE(name.length, at + 4);
    chunk.write(name, at + HEADER_BYTES, 'latin1');
    const position = (this.#chunks.length - 1) * CHUNK_BYTES + this.#used;
    this.#used += length;
    return position;
  }

  /** The byte path of the name at `position`, from the root without leading slash, as its directory and its last part. */
  get(position: number): { readonly directory: string; readonly name: string } {
    const [name, ...above] = this.#names(position);
    return { directory: above.toReversed().join('/'), name: name ?? '' };
  }

  *#names(position: number): Generator<string> {
    for (let next = position; next !== ROOT;) {
      const [chunk, at] = this.#place(next);
      const start = at + HEADER_BYTES;
      yield chunk.toString('latin1', start, start + chunk.readUInt16LE(at + 4));
      next = chunk.readUInt32LE(at);
    }
  }

  #place(position: number): [chunk: Buffer, at: number] {
    const chunk = this.#chunks[Math.floor(position / CHUNK_BYTES)];
    if (chunk === undefined) throw new RangeError(`no name was put at ${position}`);
    return [chunk, position % CHUNK_BYTES];
  }
}

/** Position of the root. */
export const ROOT = 0xffffffff;

/** Position of the parent, length of the name. */
const HEADER_BYTES = 6;
const CHUNK_BYTES = 1 << 20;
const MOST_CHUNKS = 4095;
