import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';

import { StorageMeter, withMetrics } from './blob/metrics.ts';
import { asLocalFiles } from './blob/powers.ts';
import type { BlobMetadata, BlobStorage } from './blob/storage.ts';
import { ContentCache } from './cache/content-cache.ts';
import {
  type CacheDirectory,
  isUnwritable,
  openCacheDirectory,
  temporaryCacheDirectory,
} from './cache/directory.ts';
import type { CacheSettings } from './cache/settings.ts';
import { type Budget, defaultBudgetBytes, defaultWorkers, planBudget } from './budget.ts';
import { type Clock, systemClock } from './clock.ts';
import { type ContentCrypto, type ContentFormat, createContentCrypto } from './content/content-format.ts';
import { ContentStore } from './content/content-store.ts';
import { ContentWriter } from './content/content-writer.ts';
import { IndexView } from './content/index-view.ts';
import type { Writer } from './content/session.ts';
import type { IndexBlobs } from './epoch/index-blobs.ts';
import { openIndexBlobs } from './epoch/open.ts';
import { createFormat, type NewFormat } from './format/create-format.ts';
import { keepFormatKey, type OpenedFormat, openFormat, rootKeys } from './format/open-format.ts';
import type { GoJson } from './format/go-json.ts';
import { deriveCacheKey, type FormatKeyMemory } from './format/keys.ts';
import type { MaintenanceParts } from './maintenance/parts.ts';
import type { Labels } from './manifest/codec.ts';
import { type ManifestContents, ManifestStore } from './manifest/store.ts';
import { ObjectWriter } from './object/object-writer.ts';
import { createSplitter } from './splitter/registry.ts';
import type { Splitter } from './splitter/splitter.ts';

/** How a repository is opened. */
export interface OpenRepositoryOptions {
  readonly storage: BlobStorage;
  readonly password: string;
  /** Spares deriving the key from the password each time, such as `formatKeyFile`. */
  readonly keyMemory?: FormatKeyMemory | undefined;
  /** Directory for local copies of indexes, contents and metadata; created when missing, may be deleted at any time when
   *  nobody uses it. Where nothing can be written in it, a temporary one stands in. */
  readonly cacheDirectory: string;
  /** Keeps contents and metadata there, too, unless the storage is local: what `cacheSettings` makes of a connection.
   *  Not for whoever wants to know what the storage holds. */
  readonly caching?: CacheSettings | undefined;
  /** Who opens it: recorded in snapshots and session markers. */
  readonly client: Writer;
  /** Bytes of memory for the whole process; see `budget.ts`. */
  readonly budgetBytes?: number;
  /** Worker threads that a backup or restore may start. */
  readonly workers?: number;
  readonly clock?: Clock;
  readonly random?: (bytes: number) => Uint8Array;
  /** For verification and repair: told of index blobs that are damaged, which are then passed over. All index blobs are
   *  read from the storage, whatever is in the cache. */
  readonly onDamagedIndex?: (blob: BlobMetadata, error: Error) => void;
  /** Whose upgrade lock is no obstacle. */
  readonly upgradeOwnerId?: string;
}

/** A repository that is open for reading. */
export class Repository {
  readonly storage: BlobStorage;
  /** Counts what goes through `storage`. */
  readonly meter: StorageMeter = new StorageMeter();
  readonly client: Writer;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly budget: Budget;
  readonly opened: OpenedFormat;
  readonly contentFormat: ContentFormat;
  /** Finds and reads contents; also the source of objects (`readObject(repository.contents, id)`). */
  readonly contents: ContentStore;
  readonly indexView: IndexView;
  /** What `contents` asks before the storage, where something is kept. */
  readonly cache: ContentCache | undefined;
  readonly #crypto: ContentCrypto;
  readonly #indexBlobs: IndexBlobs;
  readonly #cacheDirectory: CacheDirectory;
  readonly #splitters = new Map<string, Splitter>();
  #manifests: ManifestStore | undefined;
  #writer: RepositoryWriter | undefined;
  readonly #ownDirectory: string | undefined;

  private constructor(
    options: OpenRepositoryOptions,
    parts: {
      readonly opened: OpenedFormat;
      readonly crypto: ContentCrypto;
      readonly format: ContentFormat;
      readonly cacheDirectory: CacheDirectory;
    },
  ) {
    this.storage = withMetrics(options.storage, { meter: this.meter, clock: options.clock ?? systemClock });
    this.client = options.client;
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? randomBytes;
    this.opened = parts.opened;
    this.contentFormat = parts.format;
    this.#crypto = parts.crypto;
    this.#cacheDirectory = parts.cacheDirectory;
    this.budget = planBudget(options.budgetBytes ?? defaultBudgetBytes(), {
      workers: options.workers ?? defaultWorkers(),
      maxContentBytes: this.splitter().maxChunk,
      isRemote: asLocalFiles(options.storage) === undefined,
    });
    this.#indexBlobs = openIndexBlobs({
      storage: this.storage,
      crypto: this.#crypto,
      clock: this.clock,
      epochParameters: this.opened.format.epochParameters,
      putOptions: this.#putOptions(),
    });
    const { onDamagedIndex } = options;
    const cacheDirectory = this.#cacheDirectory.path;
    this.#ownDirectory = onDamagedIndex && mkdtempSync(path.join(cacheDirectory, 'verify-'));
    this.indexView = new IndexView({
      storage: this.storage,
      indexBlobs: this.#indexBlobs,
      crypto: this.#crypto,
      directory: this.#ownDirectory ?? path.join(cacheDirectory, 'indexes'),
      pageBytes: this.budget.indexPageBytes,
      clock: this.clock,
      minSweepAgeMs: options.caching?.minIndexSweepAgeMs,
      onHit: (bytes) => this.meter.countHit(bytes),
      onDamaged: onDamagedIndex,
    });
    this.cache = this.#openCache(options);
    this.contents = new ContentStore({
      storage: this.storage,
      crypto: this.#crypto,
      indexView: this.indexView,
      cache: this.cache,
    });
  }

  /** Opens an existing repository: one password derivation, the listing of index blobs, the indexes that are not in the
   *  cache. Throws NOT_A_REPOSITORY, INVALID_PASSWORD, FORMAT_CORRUPT, FORMAT_UNSUPPORTED, FEATURE_UNSUPPORTED,
   *  UPGRADE_IN_PROGRESS, and what the storage throws. */
  static async open(options: OpenRepositoryOptions): Promise<Repository> {
    const opened = await openFormat(options.storage, options.password, {
      keyMemory: options.keyMemory,
      ...(options.upgradeOwnerId !== undefined && { upgradeOwnerId: options.upgradeOwnerId }),
    });
    const format = contentFormatOf(opened);
    const crypto = await createContentCrypto(format);
    const openIn = async (cacheDirectory: CacheDirectory): Promise<Repository> => {
      const repository = new Repository(options, { opened, crypto, format, cacheDirectory });
      await repository.indexView.refresh();
      return repository;
    };
    const lasting = openCacheDirectory(options.cacheDirectory);
    try {
      return await openIn(lasting);
    } catch (error) {
      // A full disk shows when the first index is written.
      if (!lasting.isLasting || !isUnwritable(error)) throw error;
      return await openIn(temporaryCacheDirectory());
    }
  }

  /** Manifests, loaded when first asked for. */
  async manifests(): Promise<ManifestStore> {
    this.#manifests ??= await ManifestStore.open({
      contents: this.#manifestContents(),
      clock: this.clock,
      random: this.random,
      cacheBytes: MANIFEST_CACHE_BYTES,
    });
    return this.#manifests;
  }

  /** Where a process may keep what saves time the next time; undefined where nothing stays. */
  get lastingDirectory(): string | undefined {
    return this.#cacheDirectory.isLasting ? this.#cacheDirectory.path : undefined;
  }

  /** The splitter of that name, '' for the repository's own. */
  splitter(name = ''): Splitter {
    const wanted = name === '' ? this.contentFormat.splitter : name;
    const known = this.#splitters.get(wanted) ?? createSplitter(wanted);
    this.#splitters.set(wanted, known);
    return known;
  }

  /** The one writer of this repository in this process. */
  writer(): RepositoryWriter {
    this.#writer ??= this.#createWriter();
    return this.#writer;
  }

  /** The index blobs that count now, as a listing finds them. */
  async indexBlobs(): Promise<readonly BlobMetadata[]> {
    return (await this.#indexBlobs.activeBlobs()).blobs;
  }

  /** Sees what others have written since. Nothing may be being read or written in this process meanwhile. */
  async refresh(): Promise<void> {
    await this.#refreshIndex();
    await this.#manifests?.reload();
  }

  /** The inside of this repository, for its maintenance. */
  maintenanceParts(): MaintenanceParts {
    const { storage, meter, clock, random, client, opened, contentFormat, indexView } = this;
    return {
      storage,
      meter,
      clock,
      random,
      client,
      opened,
      contentFormat,
      indexView,
      crypto: this.#crypto,
      indexBlobs: this.#indexBlobs,
      putOptions: this.#putOptions(),
      cacheDirectory: this.#cacheDirectory.path,
      packLimit: Math.min(this.contentFormat.maxPackSize, this.budget.packBytes),
      manifests: async () => await this.manifests(),
      writer: () => this.writer().contents,
      flush: async () => await this.writer().flush(),
      refresh: async () => await this.refresh(),
      refreshIndex: async () => await this.#refreshIndex(),
      readMetadataThrough: (packs) => this.contents.readMetadataThrough(packs),
      indexChanged: () => this.#writer?.contents.indexChanged(),
    };
  }

  async close(): Promise<void> {
    this.#writer?.contents.close();
    this.indexView.close();
    await this.cache?.close();
    if (this.#ownDirectory !== undefined) rmSync(this.#ownDirectory, { recursive: true, force: true });
    this.#cacheDirectory[Symbol.dispose]();
    await this.storage.close();
  }

  #openCache({ caching, onDamagedIndex }: OpenRepositoryOptions): ContentCache | undefined {
    if (caching === undefined || onDamagedIndex !== undefined) return undefined;
    // A copy of local files would only double them.
    if (asLocalFiles(this.storage) !== undefined || !this.#cacheDirectory.isLasting) return undefined;
    return new ContentCache({
      storage: this.storage,
      settings: caching,
      directory: this.#cacheDirectory.path,
      key: deriveCacheKey(rootKeys(this.opened)),
      clock: this.clock,
      onHit: (bytes) => this.meter.countHit(bytes),
    });
  }

  async #refreshIndex(): Promise<void> {
    await this.indexView.refresh();
    this.#writer?.contents.indexChanged();
  }

  #createWriter(): RepositoryWriter {
    const { enablePasswordChange } = this.opened.format;
    const contents = new ContentWriter({
      storage: this.storage,
      format: this.contentFormat,
      formatBlobCopy: enablePasswordChange ? undefined : this.opened.bytes,
      crypto: this.#crypto,
      indexView: this.indexView,
      indexBlobs: this.#indexBlobs,
      budget: this.budget,
      clock: this.clock,
      random: this.random,
      writer: this.client,
      putOptions: this.#putOptions(),
    });
    this.contents.attachWriter(contents);
    return new RepositoryWriter(this, contents);
  }

  #manifestContents(): ManifestContents {
    return {
      listContents: (prefix) => this.contents.list(prefix),
      readContent: async (id) => await this.contents.read(id),
      writeContent: async (prefix, bytes) =>
        await this.writer().contents.write(prefix, bytes, MANIFEST_COMPRESSOR),
      deleteContents: (ids) => {
        for (const id of ids) this.writer().contents.delete(id);
        return Promise.resolve();
      },
    };
  }

  #putOptions(): { retention?: NonNullable<OpenedFormat['retention']> } {
    const { retention } = this.opened;
    return retention === undefined ? {} : { retention };
  }
}

/** A repository that is open for writing. Nothing written is durable, or visible to others, before `flush` resolves. */
export class RepositoryWriter {
  readonly repository: Repository;
  readonly contents: ContentWriter;

  constructor(repository: Repository, contents: ContentWriter) {
    this.repository = repository;
    this.contents = contents;
  }

  /** An object to be written piece by piece. `compressor` is one of the format's names, '' for none. */
  object(compressor = ''): ObjectWriter {
    const splitter = this.repository.splitter();
    return new ObjectWriter(this.contents, {
      prefix: '',
      compressor,
      metadataCompressor: MANIFEST_COMPRESSOR,
      splitter,
      listSplitter: splitter,
    });
  }

  /** Makes everything durable and visible: packs, then the index that names them. Manifests come along. */
  async flush(): Promise<void> {
    const manifests = await this.repository.manifests();
    await manifests.flush();
    if (manifests.needsCompaction) await manifests.compact();
    await this.contents.flush();
  }
}

/** A manifest that a new repository starts with. */
export interface InitialManifest {
  readonly labels: Labels;
  readonly payload: GoJson;
}

/** How a repository is created. */
export interface CreateRepositoryOptions extends OpenRepositoryOptions {
  readonly format?: NewFormat;
  /** Beside the maintenance parameters, whose owner is the creator. */
  readonly manifests?: readonly InitialManifest[];
}

/** Makes a repository in an empty storage and opens it: one password derivation. Throws REPOSITORY_EXISTS and what opening
 *  throws. */
export async function createRepository(options: CreateRepositoryOptions): Promise<Repository> {
  const { storage, format = {}, password, random = randomBytes } = options;
  const formatKey = await createFormat(storage, format, password, random);
  const repository = await Repository.open({ ...options, keyMemory: rememberOnly(formatKey) });
  if (options.keyMemory) await keepFormatKey(options.keyMemory, repository.opened);
  const manifests = await repository.manifests();
  for (const { labels, payload } of [maintenanceManifest(options.client), ...(options.manifests ?? [])])
    manifests.put(labels, payload);
  await repository.writer().flush();
  return repository;
}

function rememberOnly(formatKey: Uint8Array): FormatKeyMemory {
  return { recall: () => Promise.resolve(formatKey), keep: () => Promise.resolve() };
}

const MANIFEST_COMPRESSOR = 'zstd-fastest';
const MANIFEST_CACHE_BYTES = 4 << 20;
const SECOND_NS = 1_000_000_000n;
const HOUR_NS = 3600n * SECOND_NS;

/** Maintenance as a new kopia repository has it. Source: kopia repo/maintenance/maintenance_params.go. */
function maintenanceManifest({ username, hostname }: Writer): InitialManifest {
  return {
    labels: { type: 'maintenance' },
    payload: {
      owner: `${username}@${hostname}`,
      quick: { enabled: true, interval: HOUR_NS },
      full: { enabled: true, interval: 24n * HOUR_NS },
      logRetention: { maxTotalSize: 1n << 30n, maxCount: 10_000n, maxAge: 30n * 24n * HOUR_NS },
    },
  };
}

function contentFormatOf({ format }: OpenedFormat): ContentFormat {
  const { hash, encryption, ecc, eccOverheadPercent, secret, masterKey } = format;
  const { formatVersion, indexVersion, maxPackSize, splitter } = format;
  return {
    hash,
    encryption,
    ecc,
    eccOverheadPercent,
    secret,
    masterKey,
    formatVersion,
    indexVersion,
    maxPackSize,
    splitter,
  };
}
