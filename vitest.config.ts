import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
    pool: 'forks',
    execArgv: [
      '--conditions=source',
      // Threads take the types out of the sources with a WebAssembly module of Node's. V8 may free what it calls out
      // through while it replaces it in several threads at once (SIGSEGV in FreeCode), so it is never to replace it.
      '--wasm-wrapper-tiering-budget=2147483647',
    ],
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});

export default config;
