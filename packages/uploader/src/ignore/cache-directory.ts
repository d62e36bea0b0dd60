import type { Policy } from '../policy/policy.ts';

/** Name of the file that marks a directory as a cache (https://bford.info/cachedir/). */
export const CACHE_TAG_NAME = 'CACHEDIR.TAG';

const SIGNATURE = 'Signature: 8a477f597d28d172789f06886806bc55';

/** How many bytes of a tag `isCacheTag` needs. */
export const CACHE_TAG_LENGTH: number = SIGNATURE.length;

/** Whether a tag file that begins with these bytes makes its directory a cache. */
export function isCacheTag(beginning: Uint8Array): boolean {
  return Buffer.from(beginning.subarray(0, SIGNATURE.length)).toString('latin1') === SIGNATURE;
}

/** Whether the contents of cache directories are left out; the directory itself stays. */
export function skipsCacheDirectories({ files }: Policy): boolean {
  return files.ignoreCacheDirs ?? true;
}
