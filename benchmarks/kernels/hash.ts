import { randomBytes } from 'node:crypto';
import { createPortableBlake2b } from '../../packages/repository/src/hashing/blake2b.ts';
import type { Hasher } from '../../packages/repository/src/hashing/hasher.ts';
import { createHasher, HASHES } from '../../packages/repository/src/hashing/registry.ts';
import { measureKernel } from './measure.ts';

const secret = randomBytes(32);
const large = randomBytes(4 << 20);
const small = randomBytes(100);

for (const name of Object.keys(HASHES)) measure(name, await createHasher(name, secret));
measure('BLAKE2B-256 without libsodium', await createPortableBlake2b(secret, 32));

function measure(name: string, hasher: Hasher): void {
  const out = new Uint8Array(hasher.digestLength);
  for (const data of [large, small]) {
    measureKernel(`${name}, ${data.length} bytes`, data.length, () => hasher.hash(data, out));
  }
}
