import { divide, multiply } from './galois.ts';

/* The shards of a stripe are values of one polynomial of degree below d: shard r holds its value at the field element r. The
 * data are its values at 0 to d-1, the parities those at d to d+p-1. So the coefficients that give one shard from d others are
 * those of Lagrange's interpolation, and no matrix has to be inverted. It is the code that comes out of a Vandermonde
 * matrix made systematic, as klauspost/reedsolomon makes it. */

const LANES = 4;
const TABLE = 256;

/** Computes fixed shards of a stripe from d others, for many stripes. */
export interface ShardTransform {
  /** Source shard k is the `shardLength` bytes of `source` from `sourceAt[k]` on; result shard j goes to `target` from
   *  targetAt[j] on. */
  apply(
    source: Uint8Array,
    sourceAt: Int32Array,
    target: Uint8Array,
    targetAt: Int32Array,
    shardLength: number,
  ): void;
}

/** The transform from the shards numbered `known`, as many as there are data shards, to the shards numbered `wanted`. */
export function createTransform(known: readonly number[], wanted: readonly number[]): ShardTransform {
  const rows = wanted.map((shard) => interpolationRow(known, shard));
  const groups: Int32Array[] = [];
  for (let first = 0; first < rows.length; first += LANES)
    groups.push(packTables(rows.slice(first, first + LANES)));
  let sums = new Int32Array(0);
  return {
    apply: (source, sourceAt, target, targetAt, shardLength) => {
      if (sums.length < shardLength) sums = new Int32Array(shardLength);
      groups.forEach((tables, group) => {
        sumProducts(tables, source, sourceAt, sums, shardLength);
        const lanes = Math.min(LANES, targetAt.length - group * LANES);
        for (let lane = 0; lane < lanes; lane++)
          spreadLane(sums, lane, target, targetAt[group * LANES + lane] ?? 0, shardLength);
      });
    },
  };
}

/** Coefficients c with p(x) = Σ c[k]·p(nodes[k]) for every polynomial p of degree below nodes.length. */
export function interpolationRow(nodes: readonly number[], x: number): Uint8Array {
  return Uint8Array.from(nodes, (node) => {
    let coefficient = 1;
    for (const other of nodes)
      if (other !== node) coefficient = multiply(coefficient, divide(x ^ other, node ^ other));
    return coefficient;
  });
}

/* A look-up a byte serves four result shards: entry 256 k + b holds the products of b with coefficient k of up to four rows,
 * one a byte. 128 data shards take 128 KiB. */
function packTables(rows: readonly Uint8Array[]): Int32Array {
  const shards = rows[0]?.length ?? 0;
  const tables = new Int32Array(shards * TABLE);
  rows.forEach((row, lane) => {
    for (let at = 0; at < tables.length; at++)
      tables[at] = (tables[at] ?? 0) | (multiply(row[at >>> 8] ?? 0, at & 0xff) << (8 * lane));
  });
  return tables;
}

function sumProducts(
  tables: Int32Array,
  source: Uint8Array,
  sourceAt: Int32Array,
  sums: Int32Array,
  shardLength: number,
): void {
  sums.fill(0, 0, shardLength);
  for (let k = 0; k < sourceAt.length; k++) {
    const table = k * TABLE;
    const from = sourceAt[k] ?? 0;
    for (let i = 0; i < shardLength; i++)
      sums[i] = (sums[i] ?? 0) ^ (tables[table | (source[from + i] ?? 0)] ?? 0);
  }
}

function spreadLane(
  sums: Int32Array,
  lane: number,
  target: Uint8Array,
  at: number,
  shardLength: number,
): void {
  const shift = 8 * lane;
  for (let i = 0; i < shardLength; i++) target[at + i] = (sums[i] ?? 0) >>> shift;
}
