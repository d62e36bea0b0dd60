import { createDynamic } from './dynamic.ts';
import { createScan, RABINKARP_LEAVING_AT, RABINKARP_REDUCTION_AT, type SplitterMemory } from './kernel.ts';
import type { Splitter } from './splitter.ts';

const MODULUS = 0x2e3e3e4a305605n; // irreducible over GF(2)
const DEGREE = 53;
const WINDOW_BITS = 64 * 8;

/** Cuts by the window taken as a polynomial over GF(2), first byte highest, modulo a fixed one of degree 53.
 *  Source: github.com/chmduquesne/rollinghash/rabinkarp64 with its default modulus. */
export function createRabinKarp(average: number, target: SplitterMemory): Splitter {
  const { memory, scratch } = target;
  const reduction = multiplesOf(powerOfX(DEGREE)).map(
    (rest, byte) => rest | (BigInt(byte) << BigInt(DEGREE)),
  );
  const leaving = multiplesOf(powerOfX(WINDOW_BITS - 8));
  new BigUint64Array(memory.buffer, scratch + RABINKARP_LEAVING_AT, 256).set(leaving);
  new BigUint64Array(memory.buffer, scratch + RABINKARP_REDUCTION_AT, 256).set(reduction);
  return createDynamic(average, createScan('rabinkarp', target, average - 1));
}

/** x^exponent modulo the modulus. */
function powerOfX(exponent: number): bigint {
  let value = 1n;
  for (let i = 0; i < exponent; i++) value = timesX(value);
  return value;
}

/** `factor` times each byte, modulo the modulus. */
function multiplesOf(factor: bigint): BigUint64Array {
  const products = new BigUint64Array(256);
  let power = factor;
  for (let bit = 1; bit < 256; bit <<= 1) {
    for (let byte = bit; byte < 256; byte = (byte + 1) | bit) products[byte] = (products[byte] ?? 0n) ^ power;
    power = timesX(power);
  }
  return products;
}

function timesX(value: bigint): bigint {
  const shifted = value << 1n;
  return shifted >> BigInt(DEGREE) === 0n ? shifted : shifted ^ MODULUS;
}
