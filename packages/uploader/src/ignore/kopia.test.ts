import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uploaderErrorCode } from '../errors.ts';
import { DEFAULT_POLICY, EMPTY_POLICY, type FilesPolicy } from '../policy/policy.ts';
import { byteNameFromText } from '../snapshot/names.ts';
import { IgnoreMatcher } from './matcher.ts';
import {
  enterDirectory,
  type IgnoreScope,
  isTooLarge,
  ROOT_SCOPE,
  withIgnoreFile,
  withPolicy,
} from './scope.ts';

const hasKopia = spawnSync('kopia', ['--version']).status === 0;
const SEED = Number(process.env['FC_SEED'] ?? 7);

/** What stands below every directory of the tree. */
const PATHS =
  'a ab ba aab b x a.o .o a.oo axb/x abc a😀c aéc é 1 ٣ * !a #c foobar:] foobarx foobara] xby xay -x bx cx dx ' +
  'ax/b ax/a.o ax/y/b sub/a sub/b sub/y/a sub/y/b sub/x/a.o x.d/y x.d/a/b/c é.d/a/b a.d/b/a/b/ab emptydir/';

// Rules that matter, then chance.
const RULES =
  'a|/a|ax/b|*.o|a*|/sub/*|/sub/**|**/b|a.d/**/b|**|a?c|[a-c]x|[!a]x|[]x|[[:digit:]]|[[:alpha:]]|\\*|\\!a|\\#c|#c|  a  |*/b|a*b|x[!a]y|x*y|' +
  'foobar[[:alpha:]]|sub/|*/|!*|*\n!a|*\n!sub/|a\n!a\na|**/y/**|/**/a|**a|a**|sub/**a|*.d\n!x.d|[a|a\\|[[:nonsense:]]|/|!|[!]|**/|é|é*/**|?|' +
  '.kopiaignore|*[!a-z]|[\\]-]x|[--x]*|a*b*c|*/*/b|**/*/b|/**/*.o|[^a]x|!!a|\\  |a\\ ';

function randomRules(): readonly string[] {
  const rule = fc.string({
    unit: fc.constantFrom(...Array.from('ab*?/x.!yé'), '**', '**/', '[!a]', '[a-c]', '\\a'),
    minLength: 1,
    maxLength: 7,
  });
  const file = fc.array(rule, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n'));
  return fc.sample(file, { numRuns: 80, seed: SEED });
}

describe.skipIf(!hasKopia)('ignore rules beside the real kopia (needs kopia on PATH)', () => {
  let scratch = '';
  const kopia = (...args: string[]): string =>
    execFileSync('kopia', [`--config-file=${scratch}/config`, '--password=x', '--no-progress', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        ...process.env,
        KOPIA_CHECK_FOR_UPDATES: 'false',
        HOME: scratch,
        KOPIA_CACHE_DIRECTORY: join(scratch, 'cache'),
      },
    });

  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'holdfast-ignore-'));
    kopia('repository', 'create', 'filesystem', `--path=${scratch}/repository`);
  });

  afterAll(() => {
    rmSync(scratch, { recursive: true, force: true });
  });

  /** What kopia keeps of a directory, with a slash behind directories. */
  function keptByKopia(source: string): string[] {
    try {
      kopia('snapshot', 'create', source);
    } catch {
      // Directories with rules that it cannot read are failures, but the snapshot is saved.
    }
    const snapshots: { rootEntry: { obj: string } }[] = JSON.parse(
      kopia('snapshot', 'list', '--json', source),
    );
    const root = snapshots.at(-1)?.rootEntry.obj ?? '';
    return kopia('ls', '-r', root)
      .split('\n')
      .filter((line) => line.startsWith(root))
      .map((line) => line.slice(root.length + 1))
      .toSorted();
  }

  test('rules of ignore files in many directories', () => {
    const source = join(scratch, 'files');
    const rules = [...RULES.split('|'), ...randomRules()];
    for (const [index, rule] of rules.entries()) makeTree(join(source, `d${index}`), rule);
    expect(kept(source, DEFAULT_POLICY.files)).toEqual(keptByKopia(source));
  });

  test.each([...RULES.split('|').slice(0, 4), 'a*b', '**/*/b', '[!a]x', '!a', '*\n!sub/'])(
    'rule %j at the root',
    (rule) => {
      const source = join(scratch, `root-${Buffer.from(rule).toString('hex')}`);
      makeTree(source, rule);
      expect(kept(source, DEFAULT_POLICY.files)).toEqual(keptByKopia(source));
    },
  );

  test('rules and limits of policies', () => {
    const source = join(scratch, 'policies');
    makeTree(source, '!a.o');
    makeTree(join(source, 'nested'), 'b');
    writeFileSync(join(source, 'large'), 'x'.repeat(2000));
    const flags = ['--add-ignore=*.o', '--add-ignore=/ax', '--add-ignore=sub/y/', '--max-file-size=1000'];
    kopia('policy', 'set', source, ...flags);
    const policy = { ...DEFAULT_POLICY.files, ignore: ['*.o', '/ax', 'sub/y/'], maxFileSize: 1000 };
    expect(kept(source, policy)).toEqual(keptByKopia(source));
  });
});

function makeTree(root: string, rules: string): void {
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, '.kopiaignore'), rules);
  for (const path of PATHS.split(' ')) {
    const isDirectory = path.endsWith('/');
    mkdirSync(join(root, isDirectory ? path : dirname(path)), { recursive: true });
    if (!isDirectory) writeFileSync(join(root, path), '');
  }
}

/** What our rules keep of a directory, written as kopia lists it. */
function kept(source: string, files: FilesPolicy): string[] {
  const scope = withPolicy(ROOT_SCOPE, { ...EMPTY_POLICY, files });
  return (keptBelow(source, scope) ?? []).toSorted();
}

/** Undefined for a directory whose rules cannot be read. */
function keptBelow(directory: string, inherited: IgnoreScope): string[] | undefined {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    const rules = entries.find(({ name }) => name === '.kopiaignore');
    const scope = rules ? withIgnoreFile(inherited, readFileSync(join(directory, rules.name))) : inherited;
    const matcher = new IgnoreMatcher(scope);
    return entries.flatMap((entry) => {
      const name = byteNameFromText(entry.name);
      const path = join(directory, entry.name);
      if (matcher.isIgnored(name, entry.isDirectory())) return [];
      if (!entry.isDirectory()) return isTooLarge(scope, readFileSync(path).length) ? [] : [entry.name];
      const below = keptBelow(path, enterDirectory(scope, name));
      return below === undefined ? [] : [`${entry.name}/`, ...below.map((child) => `${entry.name}/${child}`)];
    });
  } catch (error) {
    if (uploaderErrorCode(error) === 'IGNORE_RULE_INVALID') return undefined;
    throw error;
  }
}
