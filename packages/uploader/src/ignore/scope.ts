import type { Policy } from '../policy/policy.ts';
import { type ByteName, byteNameFromLatin1, byteNameFromText, textOfByteName } from '../snapshot/names.ts';
import { compileRule } from './compiled-rule.ts';
import { isBlank } from './pattern.ts';

/** A rule and the directory it was found in, as `/` + path from the snapshot's root (`''` is the root), in bytes. */
export interface IgnoreRule {
  readonly rule: string;
  readonly base: string;
}

/** What is left out of one directory; plain data, so that any thread can list it. */
export interface IgnoreScope {
  /** `/` + path from the snapshot's root; `''` is the root. */
  readonly path: string;
  /** In the order in which they are tried: from the root downwards, and in one directory the policy's before those of files. */
  readonly rules: readonly IgnoreRule[];
  /** Names of the files in which to look for more rules. */
  readonly ignoreFiles: readonly ByteName[];
  /** Larger files are left out; 0 for no limit. */
  readonly maxFileSize: number;
  readonly oneFileSystem: boolean;
}

/** The scope of a snapshot's root before its policy is applied: nothing is ignored. */
export const ROOT_SCOPE: IgnoreScope = {
  path: '',
  rules: [],
  ignoreFiles: [],
  maxFileSize: 0,
  oneFileSystem: false,
};

/** The scope of a directory in the directory of `scope`, as long as it brings no policy or ignore file of its own. */
export function enterDirectory(scope: IgnoreScope, name: ByteName): IgnoreScope {
  return { ...scope, path: `${scope.path}/${name}` };
}

/** The scope with the policy that is defined for this very directory. Throws IGNORE_RULE_INVALID.
 *  Its ignore files replace those looked for so far; its rules come after the parents', `noParentIgnore` or not, as in kopia. */
export function withPolicy(scope: IgnoreScope, { files }: Policy): IgnoreScope {
  return {
    ...withRules(scope, files.ignore ?? []),
    ignoreFiles: [...new Set(files.ignoreDotFiles)].map(byteNameFromText),
    maxFileSize: files.maxFileSize ?? scope.maxFileSize,
    oneFileSystem: files.oneFileSystem ?? false,
  };
}

/** The scope with the rules of an ignore file in this directory. Throws IGNORE_RULE_INVALID. */
export function withIgnoreFile(scope: IgnoreScope, content: Uint8Array): IgnoreScope {
  return withRules(scope, parseIgnoreFile(content));
}

/** The rules of an ignore file: its lines except those that begin with `#` or are blank. */
export function parseIgnoreFile(content: Uint8Array): readonly string[] {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
  return bytes
    .split('\n')
    .map((line) => textOfByteName(byteNameFromLatin1(line.replace(/\r$/, ''))))
    .filter((line) => !line.startsWith('#') && !isBlank(line));
}

/** Whether the policy's size limit leaves out a file. */
export function isTooLarge({ maxFileSize }: IgnoreScope, size: number): boolean {
  return maxFileSize > 0 && size > maxFileSize;
}

/** Whether an entry is left out because it is on another file system than its directory. */
export function isOnOtherFileSystem(
  { oneFileSystem }: IgnoreScope,
  device: bigint | number,
  directoryDevice: bigint | number,
): boolean {
  return oneFileSystem && device !== directoryDevice;
}

function withRules(scope: IgnoreScope, rules: readonly string[]): IgnoreScope {
  if (rules.length === 0) return scope;
  for (const rule of rules) compileRule(rule, scope.path === '');
  return { ...scope, rules: [...scope.rules, ...rules.map((rule) => ({ rule, base: scope.path }))] };
}
