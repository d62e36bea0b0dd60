import type { Hasher } from './hasher.ts';

/** Bytes after which loading a binding has paid, as far as nothing else needs it; short commands never come that far. */
const WORTH_LOADING = 4 << 20;
const PROBE = Buffer.from('The quick brown fox jumps over the lazy dog');

/** `first`, and from some megabytes on what `load` returns, if that agrees with it. */
export function fastHasher(first: Hasher, load: () => Hasher | undefined): Hasher {
  let hasher = first;
  let untilLoading = WORTH_LOADING;
  return {
    digestLength: first.digestLength,
    hash(data, out) {
      hasher.hash(data, out);
      if (untilLoading <= 0) return;
      untilLoading -= data.length;
      if (untilLoading <= 0) hasher = loadAgreeing(first, load) ?? first;
    },
    hashPieces: (pieces, out) => hasher.hashPieces(pieces, out),
  };
}

function loadAgreeing(first: Hasher, load: () => Hasher | undefined): Hasher | undefined {
  try {
    const loaded = load();
    return loaded !== undefined && digestOf(first).equals(digestOf(loaded)) ? loaded : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(hasher: Hasher): Buffer {
  const out = Buffer.alloc(hasher.digestLength);
  hasher.hash(PROBE, out);
  return out;
}
