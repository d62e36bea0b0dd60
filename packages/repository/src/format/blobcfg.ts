import { parseBlobId } from '../blob/blob-id.ts';
import type { BlobId, Retention } from '../blob/storage.ts';
import { RepositoryError } from '../errors.ts';
import { parseGoJson, stringifyGo } from './go-json.ts';
import { durationNs, JsonFields, omitEmpty } from './json-fields.ts';

/** Name of the blob that says how blobs are kept from deletion. */
export const BLOB_CONFIG_ID: BlobId = parseBlobId('kopia.blobcfg');

const DAY_MS = 86_400_000;

/** Undefined when retention is off. Throws SyntaxError; FEATURE_UNSUPPORTED for a mode that storages here don't have.
 *  Source: kopia repo/format/blobcfg_blob.go. */
export function decodeBlobConfig(plain: Uint8Array): Retention | undefined {
  const fields = new JsonFields(parseGoJson(Buffer.from(plain).toString('utf8')), BLOB_CONFIG_ID);
  const mode = fields.string('retentionMode');
  const periodMs = fields.durationMs('retentionPeriod');
  if (mode === '' || periodMs === 0) return undefined;
  if (mode === 'GOVERNANCE' || mode === 'COMPLIANCE') return { mode, periodMs };
  throw new RepositoryError(
    'FEATURE_UNSUPPORTED',
    `the repository asks for retention mode ${JSON.stringify(mode)}; known are GOVERNANCE and COMPLIANCE`,
    { mode },
  );
}

/** Throws CONFIG_INVALID for a period shorter than a day. */
export function encodeBlobConfig(retention: Retention | undefined): Uint8Array {
  if (retention && !(retention.periodMs >= DAY_MS))
    throw new RepositoryError('CONFIG_INVALID', 'the retention period must be at least one day', {
      periodMs: retention.periodMs,
    });
  return new TextEncoder().encode(
    stringifyGo({
      retentionMode: omitEmpty(retention?.mode ?? ''),
      retentionPeriod: retention && durationNs(retention.periodMs),
    }),
  );
}
