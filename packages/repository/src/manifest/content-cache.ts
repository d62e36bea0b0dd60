import type { ContentId } from '../content/content-id.ts';

/** Unpacked manifest contents, the most recently used ones: at most `limit` bytes, but always the latest. */
export class ContentCache {
  readonly #limit: number;
  readonly #contents = new Map<ContentId, Uint8Array>();
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(id: ContentId): Uint8Array | undefined {
    const json = this.#contents.get(id);
    if (json) {
      this.#contents.delete(id);
      this.#contents.set(id, json);
    }
    return json;
  }

  put(id: ContentId, json: Uint8Array): void {
    this.#remove(id);
    this.#contents.set(id, json);
    this.#size += json.length;
    for (const oldest of this.#contents.keys()) {
      if (this.#size <= this.#limit || oldest === id) return;
      this.#remove(oldest);
    }
  }

  #remove(id: ContentId): void {
    this.#size -= this.#contents.get(id)?.length ?? 0;
    this.#contents.delete(id);
  }
}
