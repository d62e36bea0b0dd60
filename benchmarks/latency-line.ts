import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

import { type LatencyOptions, startLatencyProxy } from '../test/rigs/latency-proxy.ts';

/** What has gone over a line so far. */
export interface LineCounts {
  readonly requests: number;
  readonly receivedBytes: number;
}

/** A latency proxy in a thread of its own, which goes on while this one waits for a program. */
export interface LatencyLine {
  readonly endpoint: string;
  counts(): Promise<LineCounts>;
  stop(): Promise<void>;
}

export async function startLatencyLine(options: LatencyOptions): Promise<LatencyLine> {
  const thread = new Worker(new URL(import.meta.url), {
    workerData: options,
    execArgv: ['--conditions=source'],
  });
  const [endpoint]: string[] = await once(thread, 'message');
  if (endpoint === undefined) throw new Error('the proxy did not start');
  return {
    endpoint,
    async counts() {
      thread.postMessage('counts');
      // A cast: the thread below sends nothing else.
      return ((await once(thread, 'message')) as [LineCounts])[0];
    },
    async stop() {
      await thread.terminate();
    },
  };
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  // A cast: the thread is only started above.
  const proxy = await startLatencyProxy(workerData as LatencyOptions);
  port.on('message', () => {
    const counts: LineCounts = { requests: proxy.requests, receivedBytes: proxy.receivedBytes };
    port.postMessage(counts);
  });
  port.postMessage(proxy.endpoint);
}
