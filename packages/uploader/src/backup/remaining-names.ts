import { type ByteName, byteNameFromLatin1 } from '../snapshot/names.ts';
import { noNames, packNames, type PackedNames, slicesOf, takeNames, unpackNames } from './packed-names.ts';

/** Names of one directory that further tasks take, with the stand-ins for those that aren't UTF-8. As a map those of 48,000 names
 *  took 6 MiB of the main thread's heap. */
export interface RemainingNames {
  readonly names: PackedNames;
  /** One for each name, empty where the name is shown as it is; none at all where all are. */
  readonly standIns: PackedNames;
}

/** Names with the stand-ins that some of them have. */
export interface NamesSlice {
  readonly names: readonly ByteName[];
  readonly visibleNames: ReadonlyMap<ByteName, ByteName>;
}

/** What is left of a directory of which nothing is. */
export function nothingRemains(): RemainingNames {
  return { names: noNames(), standIns: noNames() };
}

/** Packs the stand-ins beside the names they are for. */
export function withStandIns(names: PackedNames, standIns: ReadonlyMap<ByteName, ByteName>): RemainingNames {
  return {
    names,
    standIns: standIns.size === 0 ? noNames() : packNames(standInsInOrder(unpackNames(names), standIns)),
  };
}

const NO_STAND_IN = byteNameFromLatin1('');

function* standInsInOrder(
  names: Iterable<ByteName>,
  standIns: ReadonlyMap<ByteName, ByteName>,
): Generator<ByteName> {
  for (const name of names) yield standIns.get(name) ?? NO_STAND_IN;
}

/** The names in order, at most `length` at a time; each is there once, and is let go of with the memory it was packed in. */
export function* takeSlices(remaining: RemainingNames, length: number): Generator<NamesSlice> {
  const standIns = takeNames(remaining.standIns);
  for (const names of slicesOf(takeNames(remaining.names), length)) {
    const visibleNames = new Map<ByteName, ByteName>();
    for (const name of names) {
      const { value } = standIns.next();
      if (value !== undefined && value !== NO_STAND_IN) visibleNames.set(name, value);
    }
    yield { names, visibleNames };
  }
}

/** Some names with their stand-ins out of `all`. */
export function sliceOf(names: readonly ByteName[], all: ReadonlyMap<ByteName, ByteName>): NamesSlice {
  if (all.size === 0) return { names, visibleNames: all };
  const visibleNames = new Map<ByteName, ByteName>();
  for (const name of names) {
    const standIn = all.get(name);
    if (standIn !== undefined) visibleNames.set(name, standIn);
  }
  return { names, visibleNames };
}
