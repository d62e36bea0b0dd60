export type { CliContext, Output, Terminal } from './context.ts';
export { exitCode, type ExitCode } from './exit-code.ts';
export { run } from './run.ts';
