import type { GoJson, GoJsonObject } from './go-json.ts';

const NS_PER_MS = 1_000_000n;

/** Typed reads from a JSON object as Go does them: a missing or null member is the type's zero value.
 *  Every read throws SyntaxError naming the member, for the decoder to turn into its own coded error. */
export class JsonFields {
  readonly #members: GoJsonObject;
  readonly #path: string;
  readonly #read = new Set<string>();

  /** `path` names the object in messages. */
  constructor(value: unknown, path: string) {
    if (!isObject(value)) throw new SyntaxError(`${path}: expected an object`);
    this.#members = value;
    this.#path = path;
  }

  string(key: string): string {
    const value = this.#take(key) ?? '';
    if (typeof value !== 'string') throw this.#wrong(key, 'a string');
    return value;
  }

  boolean(key: string): boolean {
    const value = this.#take(key) ?? false;
    if (typeof value !== 'boolean') throw this.#wrong(key, 'true or false');
    return value;
  }

  number(key: string): number {
    const value = this.#take(key) ?? 0;
    if (typeof value !== 'number') throw this.#wrong(key, 'a number');
    return value;
  }

  /** A whole number that a double holds exactly. */
  integer(key: string): number {
    const value = this.#take(key) ?? 0;
    if (!Number.isSafeInteger(value)) throw this.#wrong(key, 'a whole number');
    return Number(value);
  }

  /** A Go duration (64-bit nanoseconds) in milliseconds; exact for whole ones, and for any below 2^50 ns (13 days). */
  durationMs(key: string): number {
    const value = this.#take(key) ?? 0;
    if (typeof value === 'bigint') return Number(value / NS_PER_MS) + Number(value % NS_PER_MS) / 1e6;
    if (!Number.isSafeInteger(value)) throw this.#wrong(key, 'a duration in nanoseconds');
    return Number(value) / 1e6;
  }

  /** Base64 with padding, as Go writes byte slices. */
  bytes(key: string): Uint8Array {
    const text = this.string(key);
    if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw this.#wrong(key, 'base64');
    return new Uint8Array(Buffer.from(text, 'base64'));
  }

  object(key: string): JsonFields | undefined {
    const value = this.#take(key);
    return value === undefined ? undefined : new JsonFields(value, `${this.#path}.${key}`);
  }

  objects(key: string): readonly JsonFields[] {
    const value = this.#take(key) ?? [];
    if (!Array.isArray(value)) throw this.#wrong(key, 'a list');
    return value.map((item, index) => new JsonFields(item, `${this.#path}.${key}[${index}]`));
  }

  /** The member as it is; undefined when missing or null. */
  json(key: string): GoJson | undefined {
    return this.#take(key);
  }

  /** Every member as it is. */
  members(): GoJsonObject {
    return this.#members;
  }

  /** The members that nobody has read, to be written back with the rest. */
  unknown(): GoJsonObject {
    return Object.fromEntries(Object.entries(this.#members).filter(([key]) => !this.#read.has(key)));
  }

  #take(key: string): GoJson | undefined {
    this.#read.add(key);
    return Object.hasOwn(this.#members, key) ? (this.#members[key] ?? undefined) : undefined;
  }

  #wrong(key: string, expected: string): SyntaxError {
    return new SyntaxError(`${this.#path}.${key}: expected ${expected}`);
  }
}

/** A Go duration in nanoseconds; inverse of `durationMs`. */
export function durationNs(ms: number): number | bigint {
  const whole = Math.trunc(ms);
  const ns = BigInt(whole) * NS_PER_MS + BigInt(Math.round((ms - whole) * 1e6));
  return Number.isSafeInteger(Number(ns)) ? Number(ns) : ns;
}

/** `value`, or undefined when it is the zero value that Go's omitempty leaves out. */
export function omitEmpty<T extends GoJson>(value: T): T | undefined {
  if (value === '' || value === 0 || value === false || value === null) return undefined;
  return Array.isArray(value) && value.length === 0 ? undefined : value;
}

/** Standard base64 with padding, as Go writes byte slices. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function isObject(value: unknown): value is GoJsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
