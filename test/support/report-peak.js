/* Loaded into a child process (see `measured.ts`): writes its peak of resident memory down as it ends. JavaScript, because to
 * take the types off would add 15 MiB to that. */
import { readFileSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env['REPORT_PEAK_TO'];
if (isMainThread && file !== undefined)
  process.on('exit', () => {
    const kibibytes = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    writeFileSync(file, kibibytes ?? '');
  });
