import { processContext } from './context.ts';
import { exitCode } from './exit-code.ts';
import { reportFailure, run } from './run.ts';

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
const context = processContext(interruption.signal);
// What is told of a crash is passed on. Node would print all that hangs on the error, such as the headers of a request, and put the
// environment, with its passwords and keys, into the reports that one can have it write.
process.on('uncaughtException', (error) => process.exit(reportFailure(error, context)));
process.report.excludeEnv = true;
await run(process.argv.slice(2), context);
