import { RepositoryError } from '../errors.ts';
import { blake2b } from './blake2b.ts';
import { blake2s } from './blake2s.ts';
import { blake3 } from './blake3.ts';
import type { HashAlgorithm, Hasher } from './hasher.ts';
import { hmac } from './hmac.ts';

/** Every content hash of the format by name. */
export const HASHES: Readonly<Record<string, HashAlgorithm>> = {
  'BLAKE2B-256-128': blake2b(16),
  'BLAKE2B-256': blake2b(32),
  'BLAKE2S-128': blake2s(16),
  'BLAKE2S-256': blake2s(32),
  'BLAKE3-256': blake3(32),
  'BLAKE3-256-128': blake3(16),
  'HMAC-SHA224': hmac('sha224', 28),
  'HMAC-SHA256': hmac('sha256', 32),
  'HMAC-SHA256-128': hmac('sha256', 16),
  'HMAC-SHA3-224': hmac('sha3-224', 28),
  'HMAC-SHA3-256': hmac('sha3-256', 32),
};

/** Makes the hasher `name` for one thread; `secret` is the format's hash secret. Throws ALGORITHM_UNKNOWN. */
export async function createHasher(name: string, secret: Uint8Array): Promise<Hasher> {
  const algorithm = Object.hasOwn(HASHES, name) ? HASHES[name] : undefined;
  if (algorithm === undefined) {
    throw new RepositoryError('ALGORITHM_UNKNOWN', `unknown content hash ${JSON.stringify(name)}`, {
      hash: name,
    });
  }
  return algorithm.create(secret);
}
