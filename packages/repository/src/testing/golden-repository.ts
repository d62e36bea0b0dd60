import type { BlobId } from '../blob/storage.ts';

/* Bytes of a repository that kopia wrote with its defaults (format 3, BLAKE2B-256-128, AES256-GCM-HMAC-SHA256). */

/** What its content keys are derived from. */
export const GOLDEN_CONTENT_KEY_SECRET: Uint8Array = hex(
  'fbd0a596d5cbc69ec8fdb114355d1acd6ac46388cb48e77cb785a500323dd287',
);

/** Its index blob: three entries in two packs. */
export const GOLDEN_INDEX_ID: BlobId = blobId('xn0_94ee9358b53a3321023eac2a3a0eb0fe-s202399cda56a97be147-c1');

/** The pack of the one file content: that content at 32, the local index at 4096, 4298 bytes in all. */
export const GOLDEN_PACK_ID: BlobId = blobId('p79fb2e5ab2970408d935c2526f944af0-s202399cda56a97be147');

/** The index blob as stored. */
export const GOLDEN_INDEX_SEALED: Uint8Array = hex(
  '29f798bf4e22f8cca27e866bebc83c92b927bc14464065c587c755d6528c1c183eacd7e5947f0c98a1bbe5d1526e774ba580',
  '3d2216e19285d3c35b3e6ff2594fbec9d18facb259b68716ef828092f10ce277a8d2a5544252d4475cbd21760304197e6897',
  'dad89207a3474885ed9e3f2d63a1b65116fcaa557bd933cbd65fa3b87b31dd1b082d4ccab4632e971206426761226e359a75',
  '4771b631b8ef7d768ebb7638ab26f45616745f719718ee2f9b18a4431b9340f5a7bd4d9506c5aff1570c4a4a7bf1e87bbf5f',
  '781fc762a9dab578a31cc6d65e9af7356d8bb43e01bb04be78cbac2ad26a6fc15e5ebe840488da2f6b183380dd126b6ee592',
  '1d7aaace31636f8d44cd4e6ff01a738fe442a7e9a1e3b81851258f',
);

/** The index blob decrypted. */
export const GOLDEN_INDEX_PLAIN: Uint8Array = hex(
  '0211001100000003000000020200000000000fb15cb58d83a6c03a86ec018016ea166b03ea2b0000002000002b0000470000',
  '006b1b737b09a34db731b8c52ec073ce44146b03ea2b000000200001140000eb0001016dc93489230834656eb45c593cbbbf',
  'cf476b03ea2b0000010b00025300026f000100360000008d36000000c3000000000300000011010300703739666232653561',
  '6232393730343038643933356332353236663934346166302d73323032333939636461353661393762653134377132393165',
  '393430643662323131313264366665623661313164303362366462662d7332303233393963646135366139376265313437',
);

/** The sealed local index of the pack. */
export const GOLDEN_LOCAL_INDEX: Uint8Array = hex(
  '2a5edc5cf49aacc32a246a4584351e9ff476f78ad03a4a083d233505d94d637cdd477e0dbc06adf29f0e1ccb94743545a52e',
  '94707f340a98cc2080b6b4bf5daaec52047b7b7ffa5f35fa5651df10a83515511679fa8046c0ef4694108fea25ea1f148ccf',
  'aebf646b631d879e719ee2549af28c64706242a77cec15b0b640e1dd2b6862615d043937453340f4cfad2f2be66835d00e23',
  '570c3c4f23ec4fbefb2991c280280d2e22503d266abd6811fd',
);

/** The postamble of the pack. */
export const GOLDEN_POSTAMBLE: Uint8Array = hex('01107b77a0e48d2b90e5d91f78a1f653a5908020af01f52025021a');

function hex(...lines: readonly string[]): Uint8Array {
  return Buffer.from(lines.join(''), 'hex');
}

function blobId(name: string): BlobId {
  // Names of real blobs.
  return name as BlobId;
}
