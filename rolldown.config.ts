import { fileURLToPath } from 'node:url';

import type { RolldownOptions } from 'rolldown';

/** One package's modules as few files: hundreds would take most of the time that a command runs. */
function bundle(name: string, entries: Readonly<Record<string, string>>): RolldownOptions {
  return {
    cwd: fileURLToPath(new URL(`packages/${name}`, import.meta.url)),
    input: entries,
    platform: 'node',
    external: (id, _importer, isResolved) => !isResolved && !/^[./]/.test(id),
    output: { dir: 'dist', format: 'esm', chunkFileNames: '[name].js' },
  };
}

const packages: RolldownOptions[] = [
  bundle('repository', {
    index: './src/index.ts',
    worker: './src/worker.ts',
    threads: './src/worker-entry.ts',
  }),
  bundle('uploader', {
    index: './src/index.ts',
    worker: './src/threads/worker.ts',
    threads: './src/threads/spare-thread.ts',
  }),
  bundle('cli', { index: './src/index.ts', main: './src/main.ts' }),
];

export default packages;
