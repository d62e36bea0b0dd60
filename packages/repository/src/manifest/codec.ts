import { promisify } from 'node:util';
import { createGzip, gunzip } from 'node:zlib';
import { encodeGoString, formatTimeNs, parseTimeNs } from '../format/go-json.ts';
import { compareUtf8 } from '../format/utf8-order.ts';
import { itemSpans, memberSpans, type Span, textAt } from './json-spans.ts';
import { type ManifestId, parseManifestId } from './manifest-id.ts';

/** What a manifest is found by; one of them is always `type`. */
export type Labels = Readonly<Record<string, string>>;

/** One version of a manifest, as a content holds it. */
export interface ManifestVersion {
  readonly id: ManifestId;
  readonly labels: Labels;
  /** Nanoseconds since the Unix epoch. */
  readonly modifiedNs: bigint;
  /** Whether this version says that the manifest is gone. */
  readonly deleted: boolean;
}

/** A version and where its JSON lies in the unpacked content. */
export interface StoredVersion extends ManifestVersion {
  /** The whole entry. */
  readonly entry: Span;
  /** Its payload. */
  readonly payload: Span;
}

/** No content can be longer; damaged or hostile input stops here. */
const MAX_UNPACKED_LENGTH = 1 << 30;

const CHUNK_LENGTH = 65_536;

const CONTENT_START = '{"entries":[';
const CONTENT_END = ']}\n';

/** Offset of the first entry in what `packEntries` packs. */
export const FIRST_ENTRY_OFFSET: number = CONTENT_START.length;

/** The JSON text of a stored manifest content. Rejects with zlib's error when it is damaged. */
export const unpackContent: (stored: Uint8Array) => Promise<Uint8Array> = async (stored) =>
  await gunzipAsync(stored, { maxOutputLength: MAX_UNPACKED_LENGTH });

const gunzipAsync = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(gunzip);

/** Packs entries (each the JSON of one, as `encodeVersion` returns it) into one content; holds only packed bytes in memory.
 *  Content layout: gzip of {"entries":[...]} and a newline. Source: kopia repo/manifest/serialized.go. */
export async function packEntries(
  entries: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<Uint8Array> {
  const gzip = createGzip();
  const packed = collect(gzip);
  try {
    for await (const chunk of chunksOf(entries))
      if (!gzip.write(chunk)) await new Promise((resolve) => gzip.once('drain', resolve));
    gzip.end();
  } catch (error) {
    gzip.destroy();
    await packed.catch(() => undefined);
    throw error;
  }
  return await packed;
}

/** The versions in the JSON text of a content. Throws SyntaxError, ID_INVALID. */
export function decodeVersions(json: Uint8Array): readonly StoredVersion[] {
  const entries = memberSpans(json, 0).get('entries');
  if (!entries || textAt(json, entries) === 'null') return [];
  const shared = new Map<string, Labels>();
  return itemSpans(json, entries.start).map((entry) => decodeVersion(json, entry, shared));
}

/** JSON of one version with this payload (JSON text). */
export function encodeVersion(version: ManifestVersion, payload: string): Uint8Array {
  const modified = formatTimeNs(version.modifiedNs);
  const { id, labels } = version;
  const text = version.deleted
    ? `{"id":"${id}","labels":null,"modified":"${modified}","deleted":true,"data":null}`
    : `{"id":"${id}","labels":${encodeLabels(labels)},"modified":"${modified}","data":${payload}}`;
  return new TextEncoder().encode(text);
}

/** `shared` holds labels by their text: tens of thousands of snapshots have a handful of sources. */
function decodeVersion(json: Uint8Array, entry: Span, shared: Map<string, Labels>): StoredVersion {
  const members = memberSpans(json, entry.start);
  const value = (key: string): unknown => {
    const span = members.get(key);
    return span && JSON.parse(textAt(json, span));
  };
  const modified = value('modified');
  const payload = members.get('data');
  if (typeof modified !== 'string' || !payload) throw new SyntaxError('a manifest without time or payload');
  return {
    id: parseManifestId(String(value('id'))),
    labels: sharedLabels(json, members.get('labels'), shared),
    modifiedNs: parseTimeNs(modified),
    deleted: value('deleted') === true,
    entry,
    payload,
  };
}

function sharedLabels(json: Uint8Array, span: Span | undefined, shared: Map<string, Labels>): Labels {
  const text = span ? textAt(json, span) : 'null';
  const known = shared.get(text);
  if (known) return known;
  const labels = decodeLabels(JSON.parse(text));
  shared.set(text, labels);
  return labels;
}

function decodeLabels(value: unknown): Labels {
  const entries = Object.entries(value ?? {});
  if (typeof value !== 'object' || entries.some(([, label]) => typeof label !== 'string'))
    throw new SyntaxError('the labels of a manifest are not text');
  return Object.fromEntries(entries);
}

function encodeLabels(labels: Labels): string {
  const entries = Object.entries(labels).sort(([a], [b]) => compareUtf8(a, b));
  return `{${entries.map(([key, label]) => `${encodeGoString(key)}:${encodeGoString(label)}`).join(',')}}`;
}

/** The text of a content in pieces worth a call of zlib: one an entry takes nine times as long. */
async function* chunksOf(
  entries: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let size = 0;
  let separator = CONTENT_START;
  for await (const entry of entries) {
    parts.push(Buffer.from(separator), entry);
    size += entry.length;
    separator = ',';
    if (size < CHUNK_LENGTH) continue;
    yield Buffer.concat(parts);
    parts = [];
    size = 0;
  }
  parts.push(Buffer.from(separator === ',' ? CONTENT_END : CONTENT_START + CONTENT_END));
  yield Buffer.concat(parts);
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
