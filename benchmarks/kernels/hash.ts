import { randomBytes } from 'node:crypto';
import { createNativeBlake2b, createPortableBlake2b } from '../../packages/repository/src/hashing/blake2b.ts';
import type { Hasher } from '../../packages/repository/src/hashing/hasher.ts';
import { createHasher, HASHES } from '../../packages/repository/src/hashing/registry.ts';
import { loadSodium } from '../../packages/repository/src/hashing/sodium.ts';
import { measureKernel } from './measure.ts';

const secret = randomBytes(32);
const large = randomBytes(4 << 20);
const small = randomBytes(100);

for (const name of Object.keys(HASHES)) measure(name, await createHasher(name, secret));
const sodium = loadSodium();
if (sodium !== null) measure('BLAKE2B-256 with libsodium', createNativeBlake2b(sodium, secret, 32));
measure('BLAKE2B-256 with hash-wasm', await createPortableBlake2b(secret, 32));

function measure(name: string, hasher: Hasher): void {
  const out = new Uint8Array(hasher.digestLength);
  for (const data of [large, small]) {
    measureKernel(`${name}, ${data.length} bytes`, data.length, () => hasher.hash(data, out));
  }
}
