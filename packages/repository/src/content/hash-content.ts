import type { ContentCrypto } from './content-format.ts';
import { type ContentId, contentIdOf, type ContentPrefix } from './content-id.ts';

/** The name that a content has when it is stored. */
export function hashContent(
  { hasher }: Pick<ContentCrypto, 'hasher'>,
  prefix: ContentPrefix,
  plain: Uint8Array,
): ContentId {
  const hash = new Uint8Array(hasher.digestLength);
  hasher.hash(plain, hash);
  return contentIdOf(prefix, hash);
}
