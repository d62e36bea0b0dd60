import { processContext } from './context.ts';
import { run } from './run.ts';

const interruption = new AbortController();
// `once`: a second signal finds no listener and ends the process at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interruption.abort(new Error(`received ${signal}`)));
}
await run(process.argv.slice(2), processContext(interruption.signal));
