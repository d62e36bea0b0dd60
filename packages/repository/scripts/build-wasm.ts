import { readFile, writeFile } from 'node:fs/promises';

/** The part of `wabt` used here. It is loaded by a computed name, because only regenerating needs it. */
interface Wabt {
  parseWat(name: string, source: string, features: Readonly<Record<string, boolean>>): WatModule;
}

interface WatModule {
  toBinary(options: Readonly<Record<string, boolean>>): { readonly buffer: Uint8Array };
  destroy(): void;
}

const SOURCE = new URL('../src/splitter/kernel.wat', import.meta.url);
const TARGET = new URL('../src/splitter/kernel.wasm.ts', import.meta.url);

/** The splitters' kernels compiled from their source, or undefined where the package `wabt` is not installed. */
export async function compileKernels(): Promise<Uint8Array | undefined> {
  const wabt = await loadWabt();
  if (wabt === undefined) return undefined;
  const parsed = wabt.parseWat('kernel.wat', await readFile(SOURCE, 'utf8'), {
    simd: true,
    bulk_memory: true,
  });
  const { buffer } = parsed.toBinary({});
  parsed.destroy();
  return buffer;
}

async function loadWabt(): Promise<Wabt | undefined> {
  const name: string = 'wabt';
  try {
    const module: { default(): Promise<Wabt> } = await import(name);
    return await module.default();
  } catch {
    return undefined;
  }
}

function toModuleText(wasm: Uint8Array): string {
  return [
    '// Generated from kernel.wat by packages/repository/scripts/build-wasm.ts; do not edit.',
    '',
    '/** The module of kernel.wat, base64. */',
    `export const KERNELS_BASE64 =\n  '${Buffer.from(wasm).toString('base64')}';`,
    '',
  ].join('\n');
}

if (import.meta.main) {
  const wasm = await compileKernels();
  if (wasm === undefined) throw new Error('the package wabt is not installed: run npm install first');
  await writeFile(TARGET, toModuleText(wasm));
}
