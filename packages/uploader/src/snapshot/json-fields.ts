import { parseTimeNs } from '@holdfast/repository/worker';
import { UploaderError, type UploaderErrorCode } from '../errors.ts';

/** What is being decoded, for error messages, and the code its errors carry. */
export interface JsonSubject {
  readonly what: string;
  readonly code: UploaderErrorCode;
}

/** Reads the fields of one JSON object that came from a repository; every value of a wrong type throws the subject's code.
 *  As in Go, a missing field and `null` are the type's zero value. */
export class JsonFields {
  readonly #record: Readonly<Record<string, unknown>>;
  readonly #subject: JsonSubject;

  constructor(value: unknown, subject: JsonSubject) {
    if (!isRecord(value)) throw corrupt(subject, 'it is not a JSON object');
    this.#record = value;
    this.#subject = subject;
  }

  has(key: string): boolean {
    return this.raw(key) !== null;
  }

  /** The value as parsed; null when missing. */
  raw(key: string): unknown {
    return Object.hasOwn(this.#record, key) ? (this.#record[key] ?? null) : null;
  }

  string(key: string): string {
    const value = this.raw(key) ?? '';
    return typeof value === 'string' ? value : this.fail(key, 'a string');
  }

  boolean(key: string): boolean {
    const value = this.raw(key) ?? false;
    return typeof value === 'boolean' ? value : this.fail(key, 'a boolean');
  }

  /** An integer that a double holds exactly, at least `min`. */
  integer(key: string, min = 0, max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.raw(key) ?? 0;
    const fits = Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
    return fits ? Number(value) : this.fail(key, `an integer from ${min} to ${max}`);
  }

  /** A time as nanoseconds since 1970, which is also what a missing one is. */
  timeNs(key: string): bigint {
    const text = this.string(key);
    if (text === '') return 0n;
    try {
      return parseTimeNs(text);
    } catch {
      return this.fail(key, 'an RFC 3339 time');
    }
  }

  list(key: string): readonly unknown[] {
    const value = this.raw(key) ?? [];
    return Array.isArray(value) ? value : this.fail(key, 'a list');
  }

  strings(key: string): readonly string[] {
    return this.list(key).map((item) =>
      typeof item === 'string' ? item : this.fail(key, 'a list of strings'),
    );
  }

  stringMap(key: string): Readonly<Record<string, string>> {
    const map = this.object(key)?.entries() ?? [];
    return Object.fromEntries(
      map.map(([name, value]) => [
        name,
        typeof value === 'string' ? value : this.fail(key, 'a map of strings'),
      ]),
    );
  }

  /** The fields of a nested object; undefined when missing. */
  object(key: string): JsonFields | undefined {
    return this.has(key) ? new JsonFields(this.raw(key), this.nested(key)) : undefined;
  }

  /** The same code, with `key` added to the description. */
  nested(key: string): JsonSubject {
    return { what: `${this.#subject.what}, field ${key}`, code: this.#subject.code };
  }

  entries(): readonly (readonly [string, unknown])[] {
    return Object.entries(this.#record);
  }

  fail(key: string, expected: string): never {
    throw corrupt(this.#subject, `field ${JSON.stringify(key)} is not ${expected}`);
  }
}

/** JSON text as a value of unknown shape; text that isn't JSON throws the subject's code. */
export function parseJson(text: string, subject: JsonSubject): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw corrupt(subject, 'it is not valid JSON', cause);
  }
}

function corrupt(subject: JsonSubject, reason: string, cause?: unknown): UploaderError {
  return new UploaderError(subject.code, `cannot read ${subject.what}: ${reason}`, {}, cause);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
