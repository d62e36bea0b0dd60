import { byteNameFromText, compareText } from './names.ts';
import { utf8SequenceLength } from './utf8.ts';

const NEEDS_CARE = /[^\x20-\x7e]|["\\<>&]/;
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** The JSON string, with quotes, that Go's encoding/json writes for these bytes; itself a byte string.
 *  Go escapes `<`, `>`, `&`, U+2028 and U+2029 too, keeps other text raw and writes each invalid UTF-8 byte as `\ufffd`. */
export function goStringOfBytes(bytes: string): string {
  return NEEDS_CARE.test(bytes) ? `"${escapeBytes(bytes)}"` : `"${bytes}"`;
}

/** The JSON string that Go writes for `text`, as a byte string. */
export function goString(text: string): string {
  return goStringOfBytes(byteNameFromText(text));
}

function escapeBytes(bytes: string): string {
  let out = '';
  for (let at = 0; at < bytes.length;) {
    const length = utf8SequenceLength(bytes, at);
    out += length === 0 ? '\\ufffd' : escapeSequence(bytes.slice(at, at + length));
    at += length === 0 ? 1 : length;
  }
  return out;
}

function escapeSequence(sequence: string): string {
  if (sequence === '\xe2\x80\xa8') return '\\u2028';
  if (sequence === '\xe2\x80\xa9') return '\\u2029';
  if (sequence.length > 1) return sequence;
  const short = SHORT_ESCAPES[sequence];
  if (short !== undefined) return short;
  if (sequence >= ' ' && !'<>&'.includes(sequence)) return sequence;
  return `\\u00${sequence.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/** The JSON that Go writes for a map from text to text: keys in byte order. A byte string. */
export function goStringMap(map: Readonly<Record<string, string>>): string {
  const entries = Object.entries(map).sort(([a], [b]) => compareText(a, b));
  return `{${entries.map(([key, value]) => `${goString(key)}:${goString(value)}`).join(',')}}`;
}
