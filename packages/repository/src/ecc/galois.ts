/* GF(2^8): bytes as polynomials over GF(2), modulo x^8 + x^4 + x^3 + x^2 + 1. Addition and subtraction are XOR. */
const POLYNOMIAL = 0x11d;
const ORDER = 255;

/* EXPONENTS[i] = 2^i, twice over, so that a sum of two logarithms needs no modulo. LOGARITHMS[0] is unused. */
const EXPONENTS = new Uint8Array(2 * ORDER);
const LOGARITHMS = new Uint8Array(256);

for (let power = 0, value = 1; power < ORDER; power++) {
  EXPONENTS[power] = value;
  EXPONENTS[power + ORDER] = value;
  LOGARITHMS[value] = power;
  value <<= 1;
  if (value > 0xff) value ^= POLYNOMIAL;
}

/** a · b. */
export function multiply(a: number, b: number): number {
  if (a === 0 || b === 0) return 0;
  return EXPONENTS[(LOGARITHMS[a] ?? 0) + (LOGARITHMS[b] ?? 0)] ?? 0;
}

/** a / b; b is not 0. */
export function divide(a: number, b: number): number {
  if (a === 0) return 0;
  return EXPONENTS[(LOGARITHMS[a] ?? 0) + ORDER - (LOGARITHMS[b] ?? 0)] ?? 0;
}
