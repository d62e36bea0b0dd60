import { StorageSharedKeyCredential, BlobServiceClient } from '@azure/storage-blob';
import { freePort, startServer } from './server.ts';

/** A running Azurite. */
export interface AzuriteRig {
  /** URL of the account. */
  readonly endpoint: string;
  readonly account: string;
  readonly key: string;
  createContainer(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Azurite's well-known account. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Starts Azurite's blob service in memory of a directory, on loopback. */
export async function startAzurite(): Promise<AzuriteRig> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}/${ACCOUNT}`;
  const service = new BlobServiceClient(endpoint, new StorageSharedKeyCredential(ACCOUNT, KEY), {
    retryOptions: { maxTries: 1 },
  });
  const server = await startServer({
    rig: 'azurite',
    args: (directory) => [
      '--blobHost',
      '127.0.0.1',
      '--blobPort',
      String(port),
      '--location',
      directory,
      '--silent',
      '--skipApiVersionCheck',
      '--disableTelemetry',
    ],
    isReady: async () => {
      await service.getProperties();
      return true;
    },
  });
  return {
    endpoint,
    account: ACCOUNT,
    key: KEY,
    createContainer: async (name) => {
      await service.createContainer(name);
    },
    stop: () => server.stop(),
  };
}
