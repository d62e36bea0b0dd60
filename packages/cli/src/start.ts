import { processContext } from './context.ts';
import { exitCode } from './exit-code.ts';
import { run } from './run.ts';

const interruption = new AbortController();
// `once`: a second signal finds no listener and ends the process at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interruption.abort(new Error(`received ${signal}`)));
}
// Whoever read our output has seen enough (`holdfast content list | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(exitCode.error);
});
await run(process.argv.slice(2), processContext(interruption.signal));
