import type { BlobStorage, CallOptions, PutOptions, Retention } from '../blob/storage.ts';
import { BLOB_CONFIG_ID } from './blobcfg.ts';
import { encodeFormatBlob, FORMAT_BLOB_ID, type FormatBlob } from './format-blob.ts';

/** The two blobs that describe a repository. */
export interface FormatBlobs {
  readonly format: FormatBlob;
  /** Sealed kopia.blobcfg. */
  readonly config: Uint8Array;
  /** What `config` says. */
  readonly retention: Retention | undefined;
}

/** Stores both blobs under the retention they tell of. Without retention kopia.repository comes first, since alone it is
 *  a whole repository: interruption does no harm. With retention kopia.blobcfg comes first, as in kopia, lest a client
 *  store blobs without it. */
export async function writeFormatBlobs(
  storage: BlobStorage,
  { format, config, retention }: FormatBlobs,
  options: CallOptions,
): Promise<void> {
  const put: PutOptions = { ...options, ...(retention && { retention }) };
  if (retention) await storage.put(BLOB_CONFIG_ID, [config], put);
  await storage.put(FORMAT_BLOB_ID, [encodeFormatBlob(format)], put);
  if (!retention) await storage.put(BLOB_CONFIG_ID, [config], put);
}
