/* Loaded into a child process: throws in the middle of a command, where nobody catches it, what the SDK of a storage might throw,
 * with the request it was about. Has Node write a report first, where CRASH_REPORT_TO says. */
import { clearInterval, setInterval } from 'node:timers';
import { isMainThread } from 'node:worker_threads';

const { AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, HOLDFAST_PASSWORD, CRASH_REPORT_TO } = process.env;

function crash() {
  // The program has begun.
  if (process.listenerCount('SIGINT') === 0) return;
  clearInterval(timer);
  if (CRASH_REPORT_TO !== undefined) process.report.writeReport(CRASH_REPORT_TO);
  const headers = { authorization: `Bearer ${AWS_SESSION_TOKEN}`, 'x-key': AWS_SECRET_ACCESS_KEY };
  const request = { url: 'http://127.0.0.1/', headers, password: HOLDFAST_PASSWORD };
  const error = new Error('a response came twice', { cause: Object.assign(new Error('reset'), { request }) });
  throw Object.assign(error, { request, config: request, $metadata: { headers } });
}

const timer = isMainThread ? setInterval(crash, 1) : undefined;
