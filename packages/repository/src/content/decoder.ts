import { decompress } from '../compression/registry.ts';
import { RepositoryError } from '../errors.ts';
import { type ContentCrypto, contentIv } from './content-format.ts';

/** What the index says about the stored bytes of a content. */
export interface StoredForm {
  /** Index key: prefix character, then the hash. */
  readonly key: Uint8Array;
  readonly originalLength: number;
  readonly compressionHeaderId: number;
}

/** Recovers the plain bytes of a content from its stored form; throws CONTENT_CORRUPT, ECC_UNREPAIRABLE or
 *  COMPRESSION_CORRUPT. The result may share memory with `scratch`, when that is large enough to be used. */
export function decodeContent(
  crypto: ContentCrypto,
  form: StoredForm,
  stored: Uint8Array,
  scratch?: Uint8Array,
): Uint8Array {
  const sealed = crypto.ecc === undefined ? stored : crypto.ecc.decode(stored);
  const needed = Math.max(0, sealed.length - crypto.cipher.overhead);
  const out = scratch !== undefined && scratch.length >= needed ? scratch : new Uint8Array(needed);
  const length = crypto.cipher.decrypt(sealed, contentIv(form.key), out);
  const plain = length === out.length ? out : out.subarray(0, length);
  const bytes = form.compressionHeaderId === 0 ? plain : decompress(plain, form.originalLength);
  if (bytes.length !== form.originalLength) throw lengthError(form, bytes.length);
  return bytes;
}

function lengthError(form: StoredForm, length: number): RepositoryError {
  const id = Buffer.from(form.key).toString('hex', 1);
  return new RepositoryError(
    'CONTENT_CORRUPT',
    `content ${id} has ${length} bytes where the index says ${form.originalLength}; run a repository verification`,
    { content: id, length, expected: form.originalLength },
  );
}
