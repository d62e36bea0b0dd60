import { freePort, startServer } from './server.ts';

/** A running fake-gcs-server. */
export interface FakeGcsRig {
  /** URL. */
  readonly endpoint: string;
  createBucket(name: string, options?: { readonly versioned?: boolean }): Promise<void>;
  stop(): Promise<void>;
}

/** Starts fake-gcs-server in memory, on loopback. */
export async function startFakeGcs(): Promise<FakeGcsRig> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = await startServer({
    rig: 'fake-gcs-server',
    args: () => [
      '-backend',
      'memory',
      '-scheme',
      'http',
      '-host',
      '127.0.0.1',
      '-port',
      String(port),
      '-public-host',
      `127.0.0.1:${port}`,
      '-external-url',
      endpoint,
      '-log-level',
      'error',
    ],
    isReady: async () => (await fetch(`${endpoint}/storage/v1/b?project=test`)).ok,
  });
  return {
    endpoint,
    async createBucket(name, { versioned = false } = {}) {
      const response = await fetch(`${endpoint}/storage/v1/b?project=test`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, versioning: { enabled: versioned } }),
      });
      if (!response.ok) throw new Error(`fake-gcs-server: ${response.status} ${await response.text()}`);
    },
    stop: () => server.stop(),
  };
}
