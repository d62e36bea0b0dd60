import { repositoryErrorCode } from '@holdfast/repository';
import { uploaderErrorCode } from '@holdfast/uploader';

/** What a decoder made of an input: nothing to object to (also when it refused the input), or what is wrong. */
export type Verdict = string | undefined;

/** One decoder to be fed with damaged input. */
export interface FuzzTarget {
  readonly name: string;
  /** Valid encodings. */
  readonly seeds: readonly Uint8Array[];
  /** Decodes `input`, which was made of `seed`; throws what the decoder throws. */
  readonly check: (input: Uint8Array, seed: Uint8Array) => Verdict | Promise<Verdict>;
  /** Makes checksums right again that only guard against accidents, so that inputs get past them. */
  readonly mend?: (input: Uint8Array) => Uint8Array;
  /** Damage leaves everything where it is: the decoder's checksums don't tell where something belongs. */
  readonly inPlace?: boolean;
  /** Bytes that a decoder may take whatever the length of its input: a limit that its caller states. */
  readonly allowedBytes?: number;
  /** Lets go of files and the like. */
  readonly close?: () => void;
}

/** How a decoder may fail: with one of our codes, or where its contract says so with SyntaxError. */
export function isRefusal(error: unknown): boolean {
  return (repositoryErrorCode(error) ?? uploaderErrorCode(error)) !== undefined || error instanceof Malformed;
}

/** As `check` of a target whose decoder throws SyntaxError by contract: its callers know what was damaged. */
export function malformedAsRefusal(
  check: (input: Uint8Array, seed: Uint8Array) => Verdict,
): FuzzTarget['check'] {
  return (input, seed) => {
    try {
      return check(input, seed);
    } catch (error) {
      throw error instanceof SyntaxError ? new Malformed(error.message) : error;
    }
  };
}

class Malformed extends Error {}

/** For authenticated input: whatever was changed must be refused, and what was not must come out as it went in. */
export function onlyUnchanged(
  open: (input: Uint8Array) => Uint8Array | undefined,
): (input: Uint8Array, seed: Uint8Array) => Verdict {
  const originals = new Map<Uint8Array, Uint8Array>();
  return (input, seed) => {
    const original = originals.get(seed) ?? Buffer.from(open(seed) ?? []);
    originals.set(seed, original);
    const opened = open(input);
    if (opened === undefined) return undefined;
    if (Buffer.compare(opened, original) !== 0) return 'changed input was opened as something else';
    return undefined;
  };
}

/** For text that is written back: what was read must come out again of what is written. */
export function reencoded<T>(
  decode: (input: Uint8Array) => T,
  encode: (value: T) => Uint8Array,
): (input: Uint8Array) => Verdict {
  return (input) => {
    const first = encode(decode(input));
    const second = encode(decode(first));
    return Buffer.compare(first, second) === 0 ? undefined : 'it is written in two ways';
  };
}

/** Input as text. */
export function textOf(input: Uint8Array): string {
  return Buffer.from(input).toString('utf8');
}
