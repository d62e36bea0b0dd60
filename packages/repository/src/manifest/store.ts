import type { Clock } from '../clock.ts';
import type { ContentId } from '../content/content-id.ts';
import { invariant, RepositoryError } from '../errors.ts';
import { type GoJson, parseGoJson, stringifyGo } from '../format/go-json.ts';
import { decodeVersions, type Labels, packEntries, unpackContent } from './codec.ts';
import {
  type CommittedVersion,
  hasVanished,
  loadCommitted,
  type ManifestContentReader,
  readUnpacked,
} from './committed.ts';
import { COMPACTION_THRESHOLD, copyEntries } from './compaction.ts';
import { ContentCache } from './content-cache.ts';
import type { ManifestId } from './manifest-id.ts';
import { textAt } from './json-spans.ts';
import { encodePending, PendingManifests, type PendingVersion } from './pending.ts';
import { findByLabels } from './reduce.ts';

/** What a manifest store needs from the contents. A content written must be readable at once, or after the flush. */
export interface ManifestContents extends ManifestContentReader {
  writeContent(prefix: 'm', bytes: Uint8Array): Promise<ContentId>;
  /** Marks contents as deleted in the index. */
  deleteContents(ids: readonly ContentId[]): Promise<void>;
}

/** What a manifest store works with. */
export interface ManifestStoreParts {
  readonly contents: ManifestContents;
  readonly clock: Clock;
  /** Returns that many random bytes. */
  readonly random: (bytes: number) => Uint8Array;
  /** Bytes of unpacked contents to keep, so that reading many payloads does not unpack their content each time. */
  readonly cacheBytes: number;
}

/** What is known of a manifest without reading its payload. */
export interface ManifestMetadata {
  readonly id: ManifestId;
  readonly labels: Labels;
  readonly modifiedNs: bigint;
  /** Bytes of the payload's JSON. */
  readonly length: number;
}

/** The repository's small labelled JSON records. Holds labels and places, reads payloads when asked.
 *  Writes are seen by this store at once, by others when `flush` and then the flush of the contents are done.
 *  Source: kopia repo/manifest. */
export class ManifestStore {
  readonly #parts: ManifestStoreParts;
  readonly #cache: ContentCache;
  readonly #pending: PendingManifests;
  #committed = new Map<ManifestId, CommittedVersion>();
  #contents = new Set<ContentId>();

  private constructor(parts: ManifestStoreParts) {
    this.#parts = parts;
    this.#cache = new ContentCache(parts.cacheBytes);
    this.#pending = new PendingManifests(parts.clock, parts.random);
  }

  /** Throws MANIFEST_CORRUPT, and what reading contents throws. */
  static async open(parts: ManifestStoreParts): Promise<ManifestStore> {
    const store = new ManifestStore(parts);
    await store.reload();
    return store;
  }

  /** Reads the manifests again, after the view of the indexes changed. Pending changes stay. */
  async reload(): Promise<void> {
    if (await this.#isUpToDate()) return;
    const { versions, contents } = await loadCommitted(this.#parts.contents);
    this.#committed = new Map(versions);
    this.#contents = new Set(contents);
  }

  /** Manifests whose labels include all of `labels`, oldest first. */
  find(labels: Labels): ManifestMetadata[] {
    return findByLabels(this.#existing(), labels).map(metadataOf);
  }

  /** Throws MANIFEST_NOT_FOUND. */
  getMetadata(id: ManifestId): ManifestMetadata {
    return metadataOf(this.#lookUp(id));
  }

  /** The payload's JSON text as it is stored. Throws MANIFEST_NOT_FOUND, MANIFEST_CORRUPT. */
  async getText(id: ManifestId): Promise<string> {
    try {
      return await this.#readPayload(id);
    } catch (error) {
      if (!hasVanished(error)) throw error;
      await this.reload(); // another client compacted
      return await this.#readPayload(id);
    }
  }

  /** The payload. Throws MANIFEST_NOT_FOUND, MANIFEST_CORRUPT. */
  async get(id: ManifestId): Promise<GoJson> {
    const text = await this.getText(id);
    try {
      return parseGoJson(text);
    } catch (error) {
      throw new RepositoryError('MANIFEST_CORRUPT', `the manifest ${id} is damaged`, { id }, error);
    }
  }

  /** Adds a manifest; `labels` must have a `type`. */
  put(labels: Labels, payload: GoJson): ManifestId {
    return this.putText(labels, stringifyGo(payload));
  }

  /** As `put`, for a payload that is JSON text already. */
  putText(labels: Labels, json: string): ManifestId {
    invariant((labels['type'] ?? '') !== '', 'a manifest needs a type');
    return this.#pending.add(labels, json);
  }

  /** Deletes a manifest; one that does not exist is not an error. */
  delete(id: ManifestId): void {
    const committed = this.#committed.get(id);
    if (committed) this.#pending.delete(committed);
    else this.#pending.forget(id);
  }

  /** Deletes all manifests that `find(labels)` finds, and adds one. */
  replace(labels: Labels, payload: GoJson): ManifestId {
    return this.replaceText(labels, stringifyGo(payload));
  }

  /** As `replace`, for a payload that is JSON text already. */
  replaceText(labels: Labels, json: string): ManifestId {
    for (const { id } of this.find(labels)) this.delete(id);
    return this.putText(labels, json);
  }

  /** Writes all pending changes as one content. When it fails they stay pending. */
  async flush(): Promise<void> {
    const versions = this.#pending.list();
    if (versions.length === 0) return;
    const packed = await packEntries(versions.map(encodePending));
    const content = await this.#parts.contents.writeContent('m', packed);
    await this.#adopt(content, packed);
    this.#pending.settle(versions);
  }

  /** Whether there are so many contents that whoever may write should compact. */
  get needsCompaction(): boolean {
    return this.#contents.size >= COMPACTION_THRESHOLD;
  }

  /** Puts all manifests into one content and deletes all others; pending changes stay pending.
   *  The caller must see to it that the new content and the deletions become visible in the same index blob. */
  async compact(): Promise<void> {
    try {
      await this.#compact();
    } catch (error) {
      if (!hasVanished(error)) throw error;
      await this.reload(); // another client compacted
    }
  }

  /** Contents never change, so the same contents hold the same manifests. */
  async #isUpToDate(): Promise<boolean> {
    let count = 0;
    for await (const id of this.#parts.contents.listContents('m')) {
      if (!this.#contents.has(id)) return false;
      count++;
    }
    return count === this.#contents.size;
  }

  async #compact(): Promise<void> {
    const moved: CommittedVersion[] = [];
    const packed = await packEntries(
      copyEntries(this.#committed.values(), (id) => this.#readContent(id), moved),
    );
    const { contents } = this.#parts;
    const after = moved.length === 0 ? [] : [await contents.writeContent('m', packed)];
    await contents.deleteContents([...this.#contents].filter((id) => !after.includes(id)));
    this.#contents = new Set(after);
    for (const content of after)
      this.#committed = new Map(moved.map((version) => [version.id, { ...version, content }]));
  }

  async #adopt(content: ContentId, packed: Uint8Array): Promise<void> {
    const json = await unpackContent(packed);
    this.#cache.put(content, json);
    this.#contents.add(content);
    for (const version of decodeVersions(json)) {
      if (version.deleted) this.#committed.delete(version.id);
      else this.#committed.set(version.id, { ...version, content });
    }
  }

  async #readPayload(id: ManifestId): Promise<string> {
    const version = this.#lookUp(id);
    if (!('content' in version)) return version.payload;
    return textAt(await this.#readContent(version.content), version.payload);
  }

  async #readContent(id: ContentId): Promise<Uint8Array> {
    return await readUnpacked(this.#parts.contents, this.#cache, id);
  }

  #lookUp(id: ManifestId): Version {
    const version = this.#pending.get(id) ?? this.#committed.get(id);
    if (version && !version.deleted) return version;
    throw new RepositoryError('MANIFEST_NOT_FOUND', `there is no manifest ${id}`, { id });
  }

  *#existing(): Generator<Version> {
    for (const version of this.#committed.values()) if (!this.#pending.get(version.id)) yield version;
    for (const version of this.#pending.list()) if (!version.deleted) yield version;
  }
}

type Version = PendingVersion | CommittedVersion;

function metadataOf({ id, labels, modifiedNs, payload }: Version): ManifestMetadata {
  const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.end - payload.start;
  return { id, labels, modifiedNs, length };
}
