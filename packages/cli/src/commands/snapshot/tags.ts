import { usageError } from '../../errors.ts';

/** Tags from `key:value` texts, with keys as kopia keeps them. Throws USAGE. */
export function parseTags(texts: readonly string[]): Readonly<Record<string, string>> {
  const tags: Record<string, string> = {};
  for (const text of texts) {
    const colon = text.indexOf(':');
    if (colon < 0) throw usageError(`the tag ${JSON.stringify(text)} is not KEY:VALUE`);
    const key = `tag:${text.slice(0, colon)}`;
    if (Object.hasOwn(tags, key))
      throw usageError(`the tag ${JSON.stringify(text.slice(0, colon))} is given twice`);
    tags[key] = text.slice(colon + 1);
  }
  return tags;
}
