import { RepositoryError } from '../errors.ts';
import type { BlobId } from './storage.ts';

/** Name of the object below the prefix that says which blobs get which storage class and encryption; never listed as a blob.
 *  Source: kopia repo/blob/s3/s3_storage_config.go. */
export const STORAGE_CLASSES_NAME = '.storageconfig';

/** How a new blob is to be kept; what is '' is left to the bucket. */
export interface BlobClass {
  readonly storageClass: string;
  /** Encryption by the service; kopia passes this and the following by. */
  readonly sse: (typeof SSE_MODES)[number];
  /** Key of the key management service; with `aws:kms` only. */
  readonly sseKmsKeyId: string;
}

/** How each new blob is to be kept. */
export type BlobClassOf = (id: BlobId) => BlobClass;

/** Where nobody says anything. */
export const BUCKETS_OWN: BlobClass = { storageClass: '', sse: '', sseKmsKeyId: '' };

const SSE_MODES = ['', 'AES256', 'aws:kms'] as const;

/** Reads `{"blobOptions":[{"prefix":"p","storageClass":"STANDARD_IA","sse":"aws:kms","sseKmsKeyId":"…"}]}`; the first prefix that
 *  fits decides alone. Undefined bytes: there is no such object. Throws FORMAT_CORRUPT. */
export function decodeStorageClasses(bytes: Uint8Array | undefined): BlobClassOf {
  const rules = bytes === undefined ? [] : rulesOf(parseJson(bytes));
  return (id) => rules.find(({ prefix }) => id.startsWith(prefix)) ?? BUCKETS_OWN;
}

interface Rule extends BlobClass {
  readonly prefix: string;
}

function rulesOf(json: unknown): readonly Rule[] {
  const options = isObject(json) ? (json['blobOptions'] ?? []) : undefined;
  if (!Array.isArray(options)) throw corrupt();
  return options.map(ruleOf);
}

function ruleOf(option: unknown): Rule {
  if (!isObject(option)) throw corrupt();
  const { prefix = '', storageClass = '', sse: wanted = '', sseKmsKeyId = '' } = option;
  if (typeof prefix !== 'string' || typeof storageClass !== 'string') throw corrupt();
  const sse = SSE_MODES.find((mode) => mode === wanted);
  if (sse === undefined) throw refused(prefix, `sse ${JSON.stringify(wanted)} is neither AES256 nor aws:kms`);
  if (typeof sseKmsKeyId !== 'string') throw refused(prefix, 'sseKmsKeyId is not a text');
  // Services pass a key by that doesn't go with the mode: blobs would not be kept as somebody believes.
  if (sseKmsKeyId !== '' && sse !== 'aws:kms') throw refused(prefix, 'sseKmsKeyId needs the sse aws:kms');
  return { prefix, storageClass, sse, sseKmsKeyId };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch (error) {
    throw corrupt(error);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function corrupt(cause?: unknown): RepositoryError {
  const message = `${STORAGE_CLASSES_NAME} in the bucket is damaged: correct or delete it`;
  return new RepositoryError('FORMAT_CORRUPT', message, { blob: STORAGE_CLASSES_NAME }, cause);
}

function refused(prefix: string, reason: string): RepositoryError {
  const message = `${STORAGE_CLASSES_NAME} in the bucket cannot be obeyed, for blobs ${JSON.stringify(prefix)}: ${reason}`;
  return new RepositoryError('FORMAT_CORRUPT', message, { blob: STORAGE_CLASSES_NAME });
}
