/** Where inputs come from. */
export interface MutationSource {
  /** From 0 to 1. */
  readonly random: () => number;
  /** Other valid encodings, to take pieces of. */
  readonly seeds: readonly Uint8Array[];
  /** Overwrite and cut off, but move nothing. */
  readonly inPlace?: boolean | undefined;
}

type Mutation = (bytes: Buffer, source: MutationSource) => Buffer;

const LONGEST_INPUT = 1 << 18;
const MOST_MUTATIONS = 4;

/** `seed` with a few kinds of damage, at most 256 KiB of it. Now and then nothing changes. */
export function mutate(seed: Uint8Array, source: MutationSource): Uint8Array {
  const anywhere = isJson(seed) ? [...BINARY, ...JSON_TEXT, ...JSON_TEXT] : BINARY;
  const mutations = source.inPlace === true ? IN_PLACE : anywhere;
  let bytes: Buffer = Buffer.from(seed);
  const count = 1 + below(source, MOST_MUTATIONS);
  for (let i = 0; i < count; i++)
    bytes = (pick(source, mutations) ?? flipBit)(bytes, source).subarray(0, LONGEST_INPUT);
  return new Uint8Array(bytes);
}

const flipBit: Mutation = (bytes, source) => {
  const at = below(source, bytes.length);
  if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(source, 8));
  return bytes;
};

const setByte: Mutation = (bytes, source) => {
  if (bytes.length > 0) bytes[below(source, bytes.length)] = below(source, 256);
  return bytes;
};

const truncate: Mutation = (bytes, source) => bytes.subarray(0, below(source, bytes.length + 1));

const dropStart: Mutation = (bytes, source) => bytes.subarray(below(source, bytes.length + 1));

const cutOut: Mutation = (bytes, source) => {
  const [from, to] = range(bytes, source);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
};

const duplicate: Mutation = (bytes, source) => {
  const [from, to] = range(bytes, source);
  return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
};

const append: Mutation = (bytes, source) => {
  const noise = Array.from({ length: below(source, 40) }, () => below(source, 256));
  return Buffer.concat([bytes, Buffer.from(noise)]);
};

const splice: Mutation = (bytes, source) => {
  const other = Buffer.from(pick(source, source.seeds) ?? bytes);
  const [from, to] = range(other, source);
  const at = below(source, bytes.length + 1);
  const skipped = source.random() < 0.5 ? to - from : 0;
  return Buffer.concat([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at + skipped)]);
};

/** Where a length, a count or an offset may be: sets 1 to 8 bytes to a value at the edge, in either byte order. */
const setField: Mutation = (bytes, source) => {
  const width = pick(source, [1, 2, 3, 4, 8]) ?? 1;
  if (bytes.length < width) return bytes;
  const limit = 2n ** BigInt(8 * width);
  const edge = pick(source, [0n, 1n, limit - 1n, limit / 2n, limit / 2n - 1n, BigInt(bytes.length)]) ?? 0n;
  const digits = (edge % limit).toString(16).padStart(2 * width, '0');
  const field = Buffer.from(digits, 'hex');
  // Fields stand at the start more often than elsewhere.
  const span = source.random() < 0.3 ? Math.min(bytes.length, 32) : bytes.length;
  bytes.set(source.random() < 0.5 ? field : field.reverse(), below(source, Math.max(1, span - width)));
  return bytes.subarray(0, bytes.length);
};

const BINARY: readonly Mutation[] = [
  flipBit,
  flipBit,
  setByte,
  truncate,
  dropStart,
  cutOut,
  duplicate,
  append,
  splice,
  setField,
  setField,
];

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{}:,]/g;
const IN_PLACE: readonly Mutation[] = [flipBit, setByte, setField, truncate];

/** Around what programs refuse: Go's decoder at 10,000, calls of ours where the stack ends. */
const DEPTHS: readonly number[] = [100, 900, 1500, 3000, 5000, 8000, 12_000, 20_000];
const VALUES: readonly string[] = String.raw`
null true false 0 -1 1e308 1e400 0.5 -0 9007199254740993 9223372036854775807 -9223372036854775808 18446744073709551616
[] {} [[]] [null] "" "\ud800" "\u0000" "../.." "__proto__" "constructor" {"__proto__":null}
"9999-12-31T23:59:59.999999999Z" "0000-01-01T00:00:00+23:59" "2020-02-30T00:00:00Z"
"IIIIIIIIIIIIIIIIIIII00" "Zk00" "Dabc" "%ff%" "AAAA=" "\u2028"`
  .trim()
  .split(/\s+/);

const replaceToken: Mutation = (bytes, source) =>
  withToken(bytes, source, () => pick(source, VALUES) ?? 'null');

const copyToken: Mutation = (bytes, source) => {
  const tokens = tokensOf(bytes);
  return withToken(bytes, source, () => pick(source, tokens)?.[0] ?? '');
};

const nestDeeply: Mutation = (bytes, source) => {
  const [open, close] = source.random() < 0.5 ? ['[', ']'] : ['{"a":', '}'];
  const depth = pick(source, DEPTHS) ?? 0;
  return withToken(bytes, source, (token) => open.repeat(depth) + token + close.repeat(depth));
};

const repeatMember: Mutation = (bytes, source) => {
  const members = [...bytes.toString('latin1').matchAll(/"(?:[^"\\]|\\.)*":[^,{}[\]]*,/g)];
  const member = pick(source, members);
  if (member === undefined) return bytes;
  return insert(bytes, member.index, member[0].repeat(1 + below(source, 3)));
};

const JSON_TEXT: readonly Mutation[] = [replaceToken, replaceToken, copyToken, repeatMember, nestDeeply];

function withToken(bytes: Buffer, source: MutationSource, change: (token: string) => string): Buffer {
  const token = pick(source, tokensOf(bytes));
  if (token === undefined) return bytes;
  const rest = bytes.subarray(token.index + token[0].length);
  return insert(Buffer.concat([bytes.subarray(0, token.index), rest]), token.index, change(token[0]));
}

function tokensOf(bytes: Buffer): readonly RegExpExecArray[] {
  return [...bytes.toString('latin1').matchAll(TOKEN)];
}

function insert(bytes: Buffer, at: number, text: string): Buffer {
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(text, 'latin1'), bytes.subarray(at)]);
}

function isJson(seed: Uint8Array): boolean {
  return seed[0] === 0x7b;
}

function range(bytes: Uint8Array, source: MutationSource): readonly [from: number, to: number] {
  const [a, b] = [below(source, bytes.length + 1), below(source, bytes.length + 1)];
  return a < b ? [a, b] : [b, a];
}

function pick<T>(source: MutationSource, from: readonly T[]): T | undefined {
  return from[below(source, from.length)];
}

function below({ random }: MutationSource, limit: number): number {
  return Math.floor(random() * limit);
}
