const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
/** The bit in which `{` and `}` differ from `[` and `]`. */
const BRACE_BIT = 0x20;

/** Finds where one JSON value ends, in bytes that come in pieces; it doesn't check that the value is well-formed. */
export class ValueScanner {
  #depth = 0;
  #inString = false;
  #escaped = false;
  #inScalar = false;

  /** The index after the value's last byte, or -1 when it goes on in the next piece. Call with the value's first byte first.
   *  Numbers and literals end before the byte that ends them. After an end the scanner is ready for another value. */
  scan(bytes: Uint8Array, from: number): number {
    let at = from;
    for (;;) {
      if (this.#inString) {
        at = this.#scanString(bytes, at);
        if (at === -1 || this.#depth === 0) return at;
      } else if (this.#inScalar) return this.#scanScalar(bytes, at);
      else {
        at = this.#scanStructure(bytes, at);
        if (at === -1 || (this.#depth === 0 && !this.#inString && !this.#inScalar)) return at;
      }
    }
  }

  #scanString(bytes: Uint8Array, from: number): number {
    let escaped = this.#escaped;
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at];
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) {
        this.#inString = false;
        this.#escaped = false;
        return at + 1;
      }
    }
    this.#escaped = escaped;
    return -1;
  }

  #scanScalar(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      if (isScalarEnd(bytes[at] ?? 0)) {
        this.#inScalar = false;
        return at;
      }
    }
    return -1;
  }

  /** Goes on until a string or a top-level scalar begins or the value ends. */
  #scanStructure(bytes: Uint8Array, from: number): number {
    let depth = this.#depth;
    let at = from;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) this.#inString = true;
      else if ((byte & ~BRACE_BIT) === OPEN_BRACKET) depth++;
      else if ((byte & ~BRACE_BIT) === CLOSE_BRACKET) depth--;
      else if (depth === 0) this.#inScalar = true;
      else continue;
      if (this.#inString || depth <= 0) break;
    }
    this.#depth = Math.max(depth, 0);
    return at < bytes.length ? at + 1 : -1;
  }
}

/** Whether `byte` is JSON white space. */
export function isJsonSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isScalarEnd(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_BRACKET || byte === 0x7d || isJsonSpace(byte);
}
