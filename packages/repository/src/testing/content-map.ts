import { createHash } from 'node:crypto';

import { type ContentId, contentIdOf, type ContentPrefix } from '../content/content-id.ts';
import { RepositoryError } from '../errors.ts';
import type { ContentSource } from '../object/object-reader.ts';
import type { ContentSink } from '../object/object-writer.ts';

/** Contents in a map, named by their hash, uncompressed and unencrypted. */
export class ContentMap implements ContentSource, ContentSink {
  readonly contents: Map<ContentId, Uint8Array> = new Map();
  readonly reads: ContentId[] = [];

  async read(id: ContentId, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    this.reads.push(id);
    const bytes = await Promise.resolve(this.contents.get(id));
    if (bytes === undefined) throw new RepositoryError('CONTENT_NOT_FOUND', `no content ${id}`);
    return bytes.slice();
  }

  async write(prefix: ContentPrefix, data: Uint8Array): Promise<ContentId> {
    const hash = createHash('sha256').update(data).digest().subarray(0, 16);
    const id = contentIdOf(prefix, hash);
    this.contents.set(id, data.slice());
    return await Promise.resolve(id);
  }
}
