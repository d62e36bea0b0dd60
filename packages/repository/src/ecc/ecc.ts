/** Error correction around ciphertext. Source: kopia repo/ecc. */
export interface ErrorCorrection {
  /** Length of `encode`'s result for `length` input bytes. */
  encodedLength(length: number): number;
  encode(data: Uint8Array): Uint8Array;
  /** Repairs what it can; throws ECC_UNREPAIRABLE otherwise. */
  decode(stored: Uint8Array): Uint8Array;
}
