import { RepositoryError } from '../errors.ts';
import { LIMIT_NAMES, type ThrottlingLimits } from './throttle.ts';

/** Reads the `config` of a connection as Go does: a missing or null member is empty. Throws CONFIG_INVALID, naming the
 *  member and never its value, which may be a secret. */
export class ConfigFields {
  readonly #type: string;
  readonly #members: Readonly<Record<string, unknown>>;

  /** `type` names the kind of storage in messages. */
  constructor(type: string, config: unknown) {
    this.#type = type;
    if (typeof config !== 'object' || config === null) throw this.invalid('it is not an object');
    this.#members = { ...config };
  }

  /** '' when missing. */
  string(name: string): string {
    const value = this.#members[name] ?? '';
    if (typeof value !== 'string') throw this.invalid(`${name} is not a text`);
    return value;
  }

  /** A text that must be there. */
  required(name: string): string {
    const value = this.string(name);
    if (value === '') throw this.invalid(`${name} is missing`);
    return value;
  }

  /** A text that looks like `pattern`, or '' when missing; `advice` says what to give instead. */
  matching(name: string, pattern: RegExp, advice: string): string {
    const value = this.string(name);
    if (value !== '' && !pattern.test(value)) throw this.invalid(`${name} is ${advice}`);
    return value;
  }

  /** A URL with its scheme, or '' when missing. */
  url(name: string): string {
    const value = this.string(name);
    if (value !== '' && !URL.canParse(value)) throw this.invalid(`${name} is not a URL such as https://host`);
    return value;
  }

  /** False when missing. */
  boolean(name: string): boolean {
    const value = this.#members[name] ?? false;
    if (typeof value !== 'boolean') throw this.invalid(`${name} is not true or false`);
    return value;
  }

  /** The text of base64 (Go's form of bytes); '' when missing. */
  base64(name: string): string {
    const value = this.string(name);
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw this.invalid(`${name} is not base64`);
    return Buffer.from(value, 'base64').toString();
  }

  /** Milliseconds since the Unix epoch; undefined when missing or Go's zero time. */
  time(name: string): number | undefined {
    const value = this.string(name);
    if (value === '' || value.startsWith('0001-01-01T00:00:00')) return undefined;
    const time = Date.parse(value);
    if (Number.isNaN(time)) throw this.invalid(`${name} is not a time such as 2026-01-31T00:00:00Z`);
    return time;
  }

  /** A duration in milliseconds, written as Go does (`1h30m`) or in nanoseconds; 0 when missing. */
  durationMs(name: string): number {
    const value = this.#members[name] ?? 0;
    if (typeof value === 'number') return value / 1e6;
    const text = this.string(name);
    if (/^\d+$/.test(text)) return Number(text) / 1e6;
    if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))*$/.test(text))
      throw this.invalid(`${name} is not a duration`);
    const parts = text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g);
    return [...parts].reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNIT_MS[unit] ?? 0), 0);
  }

  /** The member as it is. */
  json(name: string): unknown {
    return this.#members[name] ?? undefined;
  }

  /** The limits that every kind of storage may have. */
  limits(): ThrottlingLimits {
    const limits: { -readonly [K in keyof ThrottlingLimits]: ThrottlingLimits[K] } = {};
    for (const name of LIMIT_NAMES) {
      const value = this.#members[name] ?? 0;
      if (typeof value !== 'number' || !(value >= 0)) throw this.invalid(`${name} is not a number`);
      if (value > 0) limits[name] = value;
    }
    return limits;
  }

  /** The error that says why the connection can't be used. */
  invalid(reason: string): RepositoryError {
    return new RepositoryError('CONFIG_INVALID', `the ${this.#type} connection is not usable: ${reason}`);
  }
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 0.001,
  µs: 0.001,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 36e5,
};
