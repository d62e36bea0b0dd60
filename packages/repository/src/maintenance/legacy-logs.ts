import type { BlobId, BlobMetadata, CallOptions } from '../blob/storage.ts';
import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import { formatTimeNs, type GoJson, parseGoJson, parseTimeNs, stringifyGo } from '../format/go-json.ts';
import { JsonFields } from '../format/json-fields.ts';
import { openSealedBlob, sealBlob } from '../sealed/sealed-blob.ts';
import type { MaintenanceRunParts } from './parts.ts';
import { msOfNs, nsOfMs } from './timing.ts';

/* Repositories without epochs say in two kinds of blobs what became of index blobs: `m` what was merged into what, `l`
 * which of those may be deleted soon. Source: kopia repo/content/indexblob/index_blob_manager_v0.go. */

/** A blob of either kind with the IDs it names and the time it counts from. */
export interface LegacyLog {
  readonly id: BlobId;
  readonly names: readonly string[];
  readonly sinceMs: number;
}

/** A compaction: `outputs` hold what `names` held. */
export interface LegacyCompactionLog extends LegacyLog {
  readonly outputs: readonly string[];
}

/** Records that `inputs` are replaced by `outputs`, all of which are stored. From now on nobody reads the inputs. */
export async function writeCompactionLog(
  parts: MaintenanceRunParts,
  inputs: readonly BlobMetadata[],
  outputs: readonly BlobMetadata[],
): Promise<void> {
  await putLog(parts, 'm', { inputMetadata: inputs.map(blobJson), outputMetadata: outputs.map(blobJson) });
}

/** Records that compaction logs may be deleted when everybody has seen that their inputs are gone. */
export async function writeCleanupLog(
  parts: MaintenanceRunParts,
  blobIds: readonly string[],
  scheduledMs: number,
): Promise<void> {
  await putLog(parts, 'l', { blobIDs: [...blobIds], cleanupScheduleTime: formatTimeNs(nsOfMs(scheduledMs)) });
}

/** Compaction logs with the index blobs they replace; they count from when they were stored. */
export async function loadCompactionLogs(
  parts: MaintenanceRunParts,
): Promise<readonly LegacyCompactionLog[]> {
  return await loadLogs(parts, 'm', (fields, blob) => ({
    id: blob.id,
    names: fields.objects('inputMetadata').map((input) => input.string('id')),
    outputs: fields.objects('outputMetadata').map((output) => output.string('id')),
    sinceMs: blob.timestampMs,
  }));
}

/** Clean-up logs with the compaction logs they name; they count from when they were scheduled. */
export async function loadCleanupLogs(parts: MaintenanceRunParts): Promise<readonly LegacyLog[]> {
  return await loadLogs(parts, 'l', (fields, blob) => ({
    id: blob.id,
    names: idsOf(fields.json('blobIDs')),
    sinceMs: msOfNs(parseTimeNs(fields.string('cleanupScheduleTime'))),
  }));
}

async function putLog(parts: MaintenanceRunParts, prefix: 'm' | 'l', json: GoJson): Promise<void> {
  const { id, bytes } = sealBlob(prefix, Buffer.from(stringifyGo(json)), '', parts.crypto);
  await parts.storage.put(id, [bytes]);
}

async function loadLogs<Log extends LegacyLog>(
  { storage, crypto, signal }: MaintenanceRunParts,
  prefix: 'm' | 'l',
  decode: (fields: JsonFields, blob: BlobMetadata) => Log,
): Promise<readonly Log[]> {
  const call: CallOptions = signal ? { signal } : {};
  const logs: Log[] = [];
  for await (const blob of storage.list(prefix, call)) {
    const bytes = await getIfThere(storage, blob.id, call);
    if (bytes === undefined) continue;
    const plain = Buffer.from(openSealedBlob(blob.id, bytes, crypto)).toString('utf8');
    logs.push(decodeLog(plain, blob, decode));
  }
  return logs;
}

async function getIfThere(
  storage: MaintenanceRunParts['storage'],
  id: BlobId,
  call: CallOptions,
): Promise<Uint8Array | undefined> {
  try {
    return await storage.get(id, undefined, call);
  } catch (error) {
    if (repositoryErrorCode(error) === 'BLOB_NOT_FOUND') return undefined;
    throw error;
  }
}

function decodeLog<Log extends LegacyLog>(
  plain: string,
  blob: BlobMetadata,
  decode: (fields: JsonFields, blob: BlobMetadata) => Log,
): Log {
  try {
    return decode(new JsonFields(parseGoJson(plain), blob.id), blob);
  } catch (error) {
    throw new RepositoryError('INDEX_CORRUPT', `the log ${blob.id} is damaged`, { blob: blob.id }, error);
  }
}

function idsOf(list: GoJson | undefined): string[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw new SyntaxError('blobIDs is no list');
  return list.map(String);
}

function blobJson({ id, length, timestampMs }: BlobMetadata): GoJson {
  return { id, length, timestamp: formatTimeNs(nsOfMs(timestampMs)) };
}
