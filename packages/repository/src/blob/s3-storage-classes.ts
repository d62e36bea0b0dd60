import { RepositoryError } from '../errors.ts';
import type { BlobId } from './storage.ts';

/** Name of the object below the prefix that says which blobs get which storage class; never listed as a blob.
 *  Source: kopia repo/blob/s3/s3_storage_config.go. */
export const STORAGE_CLASSES_NAME = '.storageconfig';

/** Storage class for a new blob; '' for the bucket's own. */
export type StorageClassOf = (id: BlobId) => string;

/** Reads `{"blobOptions":[{"prefix":"p","storageClass":"STANDARD_IA"}]}`; the first prefix that fits decides.
 *  Undefined bytes: there is no such object. Throws FORMAT_CORRUPT. */
export function decodeStorageClasses(bytes: Uint8Array | undefined): StorageClassOf {
  const rules = bytes === undefined ? [] : rulesOf(parseJson(bytes));
  return (id) => rules.find(({ prefix }) => id.startsWith(prefix))?.storageClass ?? '';
}

interface Rule {
  readonly prefix: string;
  readonly storageClass: string;
}

function rulesOf(json: unknown): readonly Rule[] {
  const options = isObject(json) ? (json['blobOptions'] ?? []) : undefined;
  if (!Array.isArray(options)) throw corrupt();
  return options.map(ruleOf);
}

function ruleOf(option: unknown): Rule {
  if (!isObject(option)) throw corrupt();
  const { prefix = '', storageClass = '' } = option;
  if (typeof prefix !== 'string' || typeof storageClass !== 'string') throw corrupt();
  return { prefix, storageClass };
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
