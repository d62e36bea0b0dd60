import type { StorageMeter } from '../blob/metrics.ts';
import type { BlobStorage, PutOptions } from '../blob/storage.ts';
import type { Clock } from '../clock.ts';
import type { ContentCrypto, ContentFormat } from '../content/content-format.ts';
import type { PackReader } from '../content/content-store.ts';
import type { ContentWriter } from '../content/content-writer.ts';
import type { IndexView } from '../content/index-view.ts';
import type { Writer } from '../content/session.ts';
import type { IndexBlobs } from '../epoch/index-blobs.ts';
import type { OpenedFormat } from '../format/open-format.ts';
import type { ManifestStore } from '../manifest/store.ts';

/** What maintenance works with: the inside of an open repository. */
export interface MaintenanceParts {
  readonly storage: BlobStorage;
  /** Counts what goes through `storage`. */
  readonly meter: StorageMeter;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly client: Writer;
  readonly opened: OpenedFormat;
  readonly contentFormat: ContentFormat;
  readonly crypto: ContentCrypto;
  readonly indexView: IndexView;
  readonly indexBlobs: IndexBlobs;
  /** For every index blob stored. */
  readonly putOptions: PutOptions;
  /** Directory for files that only this client uses: the lock, what is sorted on disk. */
  readonly cacheDirectory: string;
  /** Manifests as of the last refresh. */
  manifests(): Promise<ManifestStore>;
  /** Bytes at which the writer closes a pack. */
  readonly packLimit: number;
  /** Made when first asked for: it takes memory. */
  writer(): ContentWriter;
  /** Makes pending manifests and contents durable and visible. */
  flush(): Promise<void>;
  /** Sees what others have written, in the index and the manifests. */
  refresh(): Promise<void>;
  /** The same for the index alone. */
  refreshIndex(): Promise<void>;
  /** Reads what lies in metadata packs through `packs`; undefined for the storage again. */
  readMetadataThrough(packs: PackReader | undefined): void;
  /** Lets writers look contents up in the index files as they are now. */
  indexChanged(): void;
}

/** Name under which this client owns maintenance. */
export function ownName({ client }: Pick<MaintenanceParts, 'client'>): string {
  return `${client.username}@${client.hostname}`;
}

/** A maintenance that is running: the repository and where its temporary files go. */
export interface MaintenanceRunParts extends MaintenanceParts {
  /** Directory of this run alone, made when first asked for and removed after the run. */
  readonly workDirectory: string;
  readonly signal: AbortSignal | undefined;
}

/** Number of things and the bytes they take. */
export interface Tally {
  readonly count: number;
  readonly bytes: number;
}

/** The tally of nothing. */
export const NOTHING: Tally = { count: 0, bytes: 0 };

/** `tally` with one more thing. */
export function tallied(tally: Tally, bytes: number): Tally {
  return { count: tally.count + 1, bytes: tally.bytes + bytes };
}

/** The tally of a list of blobs. */
export function tallyOf(blobs: readonly { readonly length: number }[]): Tally {
  return { count: blobs.length, bytes: blobs.reduce((sum, blob) => sum + blob.length, 0) };
}
