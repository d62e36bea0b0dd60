import type { IndexCursor } from '../index/cursor.ts';
import type { EntryFields } from '../index/header.ts';
import { compareKeys } from '../index/key.ts';
import { isHidden, supersedes } from '../index/precedence.ts';

/** An entry that the index lacks. */
export interface MissingEntry {
  /** Valid until the next one is asked for. */
  readonly key: Uint8Array;
  readonly fields: EntryFields;
}

/** What decides whether an entry is worth having. */
export interface MissingEntryFacts {
  readonly deletionWatermarkSeconds: number;
  /** Whether a pack is in storage. */
  readonly hasPack: (packBlobId: string) => boolean;
}

/** Those of `recovered` that the index lacks: contents it does not know, and later entries of contents it knows. Where
 *  the index points to a pack that is gone, an older copy of the content is as good, with a time that makes it win. */
export function* missingEntries(
  recovered: IndexCursor,
  index: IndexCursor,
  facts: MissingEntryFacts,
): Generator<MissingEntry> {
  let hasKnown = index.advance();
  while (recovered.advance()) {
    const { key } = recovered;
    while (hasKnown && compareKeys(index.key, key) < 0) hasKnown = index.advance();
    const isKnown = hasKnown && compareKeys(index.key, key) === 0;
    const fields = worthHaving(recovered.fields(), isKnown ? index.fields() : undefined, facts);
    if (fields !== undefined) yield { key, fields };
  }
}

/** The entry to add to the index; undefined when there is nothing to add. */
export function worthHaving(
  found: EntryFields,
  known: EntryFields | undefined,
  { hasPack, deletionWatermarkSeconds }: MissingEntryFacts,
): EntryFields | undefined {
  // What a tombstone or an older pack's entry refers to may have been cleaned up long ago.
  if (!hasPack(found.packBlobId) || isHidden(found, deletionWatermarkSeconds)) return undefined;
  if (known === undefined || supersedes(found, known)) return found;
  if (found.deleted || known.deleted || hasPack(known.packBlobId)) return undefined;
  return { ...found, timestampSeconds: known.timestampSeconds + 1 };
}
