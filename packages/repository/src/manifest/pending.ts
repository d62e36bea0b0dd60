import type { Clock } from '../clock.ts';
import { encodeVersion, type Labels, type ManifestVersion } from './codec.ts';
import { type ManifestId, newManifestId } from './manifest-id.ts';

/** A change that no content holds yet. */
export interface PendingVersion extends ManifestVersion {
  /** JSON text; '' for a deletion. */
  readonly payload: string;
}

/** Changes of one writer, newest version of each manifest. */
export class PendingManifests {
  readonly #clock: Clock;
  readonly #random: (bytes: number) => Uint8Array;
  readonly #versions = new Map<ManifestId, PendingVersion>();
  #lastNs = 0n;

  constructor(clock: Clock, random: (bytes: number) => Uint8Array) {
    this.#clock = clock;
    this.#random = random;
  }

  get(id: ManifestId): PendingVersion | undefined {
    return this.#versions.get(id);
  }

  list(): readonly PendingVersion[] {
    return [...this.#versions.values()];
  }

  /** Adds a manifest under a new ID; `payload` is JSON text. */
  add(labels: Labels, payload: string): ManifestId {
    const id = newManifestId(this.#random);
    const modifiedNs = this.#tick(0n);
    this.#versions.set(id, { id, labels: { ...labels }, modifiedNs, deleted: false, payload });
    return id;
  }

  /** Forgets a manifest that only this writer knows. */
  forget(id: ManifestId): void {
    this.#versions.delete(id);
  }

  /** Adds the deletion of a stored manifest: later than it, even if its writer's clock was ahead. */
  delete({ id, modifiedNs }: ManifestVersion): void {
    if (this.#versions.has(id)) return;
    this.#versions.set(id, {
      id,
      labels: {},
      modifiedNs: this.#tick(modifiedNs),
      deleted: true,
      payload: '',
    });
  }

  /** Forgets those of `written` that did not change since. */
  settle(written: readonly PendingVersion[]): void {
    for (const version of written)
      if (this.#versions.get(version.id) === version) this.#versions.delete(version.id);
  }

  /** Now, but later than `after` and than every time given before: the later change must win. */
  #tick(after: bigint): bigint {
    const now = BigInt(this.#clock.nowMs()) * 1_000_000n;
    const least = (after > this.#lastNs ? after : this.#lastNs) + 1n;
    this.#lastNs = now > least ? now : least;
    return this.#lastNs;
  }
}

/** JSON of a pending version, for a content. */
export function encodePending(version: PendingVersion): Uint8Array {
  return encodeVersion(version, version.payload);
}
