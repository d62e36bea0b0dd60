import { UploaderError } from '../errors.ts';

/** A wildcard pattern for a whole file name: `*`, `?`, `[a-z]`, `[^a-z]` and backslash, as Go's path.Match has them.
 *  Throws IGNORE_RULE_INVALID. */
export function fileNamePattern(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length;) {
    const rest = pattern.slice(at);
    const token = TOKEN.exec(rest)?.[0];
    if (token === undefined) throw invalid(pattern);
    source += translate(token);
    at += token.length;
  }
  try {
    return new RegExp(`^${source}$`, 'su');
  } catch (error) {
    throw invalid(pattern, error);
  }
}

/** A character class, an escaped character, or any other character but a class that does not end. */
const TOKEN = /^(?:\[\^?(?:\\.|[^\]\\])+\]|\\.|[^[\\])/su;

function translate(token: string): string {
  if (token === '*') return '[^/]*';
  if (token === '?') return '[^/]';
  if (token.startsWith('[')) return translateClass(token);
  return RegExp.escape(token.startsWith('\\') ? token.slice(1) : token);
}

function translateClass(token: string): string {
  const isNegated = token.startsWith('[^');
  const members = token.slice(isNegated ? 2 : 1, -1).match(/\\.|[^\\]/gsu) ?? [];
  const escaped = members.map((member) => {
    if (member === '-') return member;
    return RegExp.escape(member.startsWith('\\') ? member.slice(1) : member);
  });
  return `[${isNegated ? '^' : ''}${escaped.join('')}]`;
}

function invalid(pattern: string, cause?: unknown): UploaderError {
  return new UploaderError('IGNORE_RULE_INVALID', `not a file name pattern: ${pattern}`, { pattern }, cause);
}
