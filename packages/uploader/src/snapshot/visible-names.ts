import { createHash } from 'node:crypto';

import { type ByteName, byteNameFromLatin1 } from './names.ts';
import { isUtf8, utf8SequenceLength } from './utf8.ts';

/** U+FFFD in UTF-8. */
const REPLACEMENT = '\xef\xbf\xbd';
/** Longest name that Linux takes; where a stand-in is longer, kopia can't restore the snapshot. */
const LONGEST_NAME = 255;
/** Hex digits of a hash of the name in a stand-in that had to be cut. */
const HASH_DIGITS = 16;

/** The readable stand-ins for those names of one directory that aren't UTF-8; empty when all are.
 *  Each invalid byte becomes U+FFFD, as in kopia; where that would look like another name of the directory, `~` and the invalid
 *  bytes in hex follow. What would be longer than a name may be is cut, and a hash follows. Stand-ins differ from each other and
 *  from all `names`, which may be iterated twice, and don't depend on their order. */
export function visibleNames(names: Iterable<ByteName>): ReadonlyMap<ByteName, ByteName> {
  const invalid: ByteName[] = [];
  for (const name of names) if (!isUtf8(name)) invalid.push(name);
  if (invalid.length === 0) return new Map();
  invalid.sort();
  const lookAlikes = countBy(invalid, replaceInvalidBytes);
  // Every stand-in has a U+FFFD, so other names are in nobody's way: there may be millions.
  const taken = new Set<string>();
  for (const name of names) if (name.includes(REPLACEMENT)) taken.add(name);
  const visible = new Map<ByteName, ByteName>();
  for (const name of invalid) {
    const unique = lookAlikes.get(replaceInvalidBytes(name)) === 1;
    const chosen = firstFree(candidates(name, unique), taken);
    taken.add(chosen);
    visible.set(name, byteNameFromLatin1(chosen));
  }
  return visible;
}

function* candidates(name: ByteName, unique: boolean): Generator<string, never> {
  const plain = replaceInvalidBytes(name);
  if (unique) yield plain;
  yield `${plain}~${hex(invalidBytes(name))}`;
  // Two names can even share their invalid bytes: one of them holds a real U+FFFD elsewhere.
  yield `${plain}~${hex(name)}`;
  const hash = createHash('sha256').update(name, 'latin1').digest('hex').slice(0, HASH_DIGITS);
  for (let end = `${REPLACEMENT}~${hash}`; ; end += '~') yield cut(plain, LONGEST_NAME - end.length) + end;
}

/** At most `length` bytes of UTF-8, which end with a character. */
function cut(text: string, length: number): string {
  let end = 0;
  for (let next = 0; next <= length && end < text.length; next = end + utf8SequenceLength(text, end))
    end = next;
  return text.slice(0, end);
}

function firstFree(wanted: Generator<string, never>, taken: ReadonlySet<string>): string {
  for (;;) {
    const { value } = wanted.next();
    if (value.length <= LONGEST_NAME && !taken.has(value)) return value;
  }
}

function replaceInvalidBytes(name: ByteName): string {
  return mapSequences(name, (sequence, valid) => (valid ? sequence : REPLACEMENT));
}

function invalidBytes(name: ByteName): string {
  return mapSequences(name, (sequence, valid) => (valid ? '' : sequence));
}

function mapSequences(name: ByteName, map: (sequence: string, valid: boolean) => string): string {
  let out = '';
  for (let at = 0; at < name.length;) {
    const length = utf8SequenceLength(name, at);
    const end = at + Math.max(length, 1);
    out += map(name.slice(at, end), length > 0);
    at = end;
  }
  return out;
}

function hex(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('hex');
}

function countBy(names: readonly ByteName[], key: (name: ByteName) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(key(name), (counts.get(key(name)) ?? 0) + 1);
  return counts;
}
