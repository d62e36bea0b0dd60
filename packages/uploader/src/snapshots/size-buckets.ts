/** Files of one range of sizes. */
export interface SizeBucket {
  /** Smallest size in it; the next larger bucket begins at ten times that (the lowest, 0, ends at 1000). */
  readonly minSize: number;
  count: number;
  totalSize: number;
  readonly examples: { readonly path: string; readonly size: number }[];
}

/** Counts files by powers of ten of their size. Source: kopia snapshot/upload/estimate.go. */
export class SizeBuckets {
  /** Largest sizes first. */
  readonly buckets: readonly SizeBucket[];
  readonly #maxExamples: number;
  count = 0;
  totalSize = 0;

  constructor(maxExamples: number) {
    this.#maxExamples = maxExamples;
    this.buckets = [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3]
      .map((exponent) => 10 ** exponent)
      .concat(0)
      .map((minSize) => ({ minSize, count: 0, totalSize: 0, examples: [] }));
  }

  add(path: string, size: number): void {
    this.count++;
    this.totalSize += size;
    const bucket = this.buckets.find(({ minSize }) => size >= minSize);
    if (bucket === undefined) return;
    bucket.count++;
    bucket.totalSize += size;
    if (bucket.examples.length < this.#maxExamples) bucket.examples.push({ path, size });
  }
}
