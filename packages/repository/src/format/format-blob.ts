import { parseBlobId } from '../blob/blob-id.ts';
import type { BlobId } from '../blob/storage.ts';
import { RepositoryError } from '../errors.ts';
import { type GoJsonObject, parseGoJson, stringifyGo } from './go-json.ts';
import { base64, JsonFields, omitEmpty } from './json-fields.ts';

/** Name of the format blob. */
export const FORMAT_BLOB_ID: BlobId = parseBlobId('kopia.repository');

/** Encryption of the format field and of kopia.blobcfg; there has never been another. */
export const FORMAT_ENCRYPTION = 'AES256_GCM';

/** The plain part of kopia.repository. Source: kopia repo/format/format_blob.go. */
export interface FormatBlob {
  /** Who wrote it; informational, as the next two. */
  readonly tool: string;
  readonly buildVersion: string;
  readonly buildInfo: string;
  /** Salt of all keys but the content keys; never changes. */
  readonly uniqueId: Uint8Array;
  /** How the password becomes a key. */
  readonly keyAlgo: string;
  readonly encryption: string;
  /** nonce || ciphertext || tag of the repository's parameters. */
  readonly encryptedFormat: Uint8Array;
  /** Members of newer writers, kept when the blob is rewritten. */
  readonly unknown: GoJsonObject;
}

/** Reads any JSON formatting. Throws FORMAT_CORRUPT. */
export function decodeFormatBlob(bytes: Uint8Array): FormatBlob {
  try {
    const fields = new JsonFields(parseGoJson(Buffer.from(bytes).toString('utf8')), FORMAT_BLOB_ID);
    return {
      tool: fields.string('tool'),
      buildVersion: fields.string('buildVersion'),
      buildInfo: fields.string('buildInfo'),
      uniqueId: fields.bytes('uniqueID'),
      keyAlgo: fields.string('keyAlgo'),
      encryption: fields.string('encryption'),
      encryptedFormat: fields.bytes('encryptedBlockFormat'),
      unknown: fields.unknown(),
    };
  } catch (error) {
    throw formatCorrupt(FORMAT_BLOB_ID, error);
  }
}

/** The bytes that kopia would write: two spaces of indentation, newline at the end. */
export function encodeFormatBlob(blob: FormatBlob): Uint8Array {
  const json: GoJsonObject = {
    tool: blob.tool,
    buildVersion: blob.buildVersion,
    buildInfo: blob.buildInfo,
    uniqueID: base64(blob.uniqueId),
    keyAlgo: blob.keyAlgo,
    encryption: blob.encryption,
    encryptedBlockFormat: omitEmpty(base64(blob.encryptedFormat)),
    ...blob.unknown,
  };
  return new TextEncoder().encode(`${stringifyGo(json, '  ')}\n`);
}

/** FORMAT_CORRUPT for the blob called `id`. */
export function formatCorrupt(id: BlobId, cause: unknown): RepositoryError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new RepositoryError(
    'FORMAT_CORRUPT',
    `${id} is damaged (${reason}); restore it from a copy of the storage`,
    { blob: id },
    cause,
  );
}
