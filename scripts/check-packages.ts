// Packs every package, installs the tarballs into an empty project and uses them there with plain Node.
// The last line says how many checks passed. Needs `npm run build` first.
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = ['repository', 'uploader', 'cli'];
const scratch = mkdtempSync(join(tmpdir(), 'holdfast-packages-'));
const consumer = join(scratch, 'consumer');

/** Fails to compile when the declarations of a package silently resolve to nothing (and so to `any`). */
const typeExample = `
const code: repository.RepositoryErrorCode = 'BLOB_NOT_FOUND';
// @ts-expect-error this is no code
const wrong: repository.RepositoryErrorCode = 'NO_SUCH_CODE';
// @ts-expect-error a context is an object
const context: cli.CliContext = 1;
console.log(code, wrong, context);
`;

const checks: Record<string, () => void> = {
  'packages pack what they name, a licence and a page about them, and no tests': () => {
    for (const name of packages) pack(name);
  },
  'tarballs install together': install,
  'each index can be imported': () => run(process.execPath, ['example.mjs']),
  'types resolve for a strict TypeScript user': typecheck,
  'the library examples run': runExamples,
  'the command starts': () => run(join(consumer, 'node_modules/.bin/holdfast'), ['--version']),
};

let failed = 0;
try {
  for (const [title, check] of Object.entries(checks)) {
    failed += passes(title, check) ? 0 : 1;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function passes(title: string, check: () => void): boolean {
  try {
    check();
    console.log(`ok ${title}`);
    return true;
  } catch (error) {
    console.error(`FAIL ${title}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

function pack(name: string): void {
  const directory = join(root, 'packages', name);
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', scratch], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const packed = [...output.matchAll(/"path": "([^"]+)"/g)].map((match) => match[1] ?? '');
  const unwanted = packed.filter((path) => /\.test\.|\/testing\/|\/testdata\/|tsbuildinfo/.test(path));
  if (unwanted.length > 0) throw new Error(`${name} packs ${unwanted.join(', ')}`);
  const missing = ['LICENSE', 'README.md', ...exported(directory)].filter((path) => !packed.includes(path));
  if (missing.length > 0) throw new Error(`${name} packs no ${missing.join(', ')}`);
  const licences = [root, directory].map((place) => readFileSync(join(place, 'LICENSE'), 'utf8'));
  if (licences[0] !== licences[1]) throw new Error(`the licence of ${name} is not that of the project`);
}

/** Files that the `exports` of a package name, under whatever condition. */
function exported(directory: string): readonly string[] {
  const manifest: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const targets = JSON.stringify(Object(manifest).exports).matchAll(/:"\.\/([^"]+)"/g);
  return [...targets].map((match) => match[1] ?? '');
}

function install(): void {
  mkdirSync(consumer);
  writeFileSync(join(consumer, 'package.json'), '{ "type": "module", "private": true }\n');
  const tarballs = globSync('*.tgz', { cwd: scratch }).map((file) => join(scratch, file));
  run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', ...tarballs]);
  const imports = packages.map((name) => `import * as ${name} from '@holdfast/${name}';\n`).join('');
  const uses = packages.map((name) => `if (Object.keys(${name}).length === 0) throw new Error('${name}');\n`);
  writeFileSync(join(consumer, 'example.mjs'), imports + uses.join(''));
  writeFileSync(join(consumer, 'example.ts'), imports + uses.join('') + typeExample);
}

function typecheck(): void {
  cpSync(join(root, 'node_modules/@types'), join(consumer, 'node_modules/@types'), { recursive: true });
  const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--types', 'node'];
  run(join(root, 'node_modules/.bin/tsc'), [...flags, '--target', 'es2024', 'example.ts']);
}

/** The examples of docs/library.md, in order, with worker threads from what was installed. */
function runExamples(): void {
  const place = join(scratch, 'library');
  mkdirSync(join(place, 'source'), { recursive: true });
  writeFileSync(join(place, 'source/greeting'), 'good morning');
  const page = readFileSync(join(root, 'docs/library.md'), 'utf8');
  for (const [i, [, code = '']] of [...page.matchAll(/```ts\n(.*?)```/gs)].entries()) {
    writeFileSync(join(consumer, `library-${i}.ts`), code.replaceAll('/tmp/holdfast-example', place));
    run(process.execPath, [`library-${i}.ts`]);
  }
  const restored = readFileSync(join(place, 'restored/greeting'), 'utf8');
  if (restored !== 'good morning') throw new Error(`restored ${JSON.stringify(restored)}`);
}

/** Runs in the empty project; its output is only shown when it fails. */
function run(program: string, args: readonly string[]): void {
  try {
    execFileSync(program, args, { cwd: consumer, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    if (!(error instanceof Error && 'stdout' in error && 'stderr' in error)) throw error;
    throw new Error(`${program} failed: ${String(error.stdout)}${String(error.stderr)}`, { cause: error });
  }
}
