import { RepositoryError } from '../errors.ts';
import type { StorageAccess } from './access.ts';
import { withAdaptiveConcurrency } from './adaptive-concurrency.ts';
import { ConfigFields } from './config-fields.ts';
import { processEnvironment, type StorageEnvironment } from './environment.ts';
import { decodeFileSystemOptions } from './filesystem-options.ts';
import { createFileSystemStorage } from './filesystem.ts';
import { withMetrics } from './metrics.ts';
import { withoutLocalFiles } from './powers.ts';
import { withRetry } from './retry.ts';
import type { BlobStorage } from './storage.ts';
import { createThrottle, isLimited, type Throttle, withThrottle } from './throttle.ts';
import { withWriteCheck } from './write-check.ts';

/** Opens one kind of storage; `config` is the connection's, decoded by the driver (CONFIG_INVALID). */
type Driver = (
  config: unknown,
  access: StorageAccess,
  environment: StorageEnvironment,
) => Promise<BlobStorage>;

/** By kopia's name of the storage type. A new driver is one file and one line here. What needs an SDK is loaded when it is
 *  named: that takes longer than all the rest. */
const DRIVERS: Readonly<Record<string, Driver>> = {
  filesystem: async (config, access, environment) => {
    const storage = await createFileSystemStorage(decodeFileSystemOptions(config), access);
    const isWatched = environment.meter !== undefined || environment.tracer !== undefined;
    const counted = isWatched ? withoutLocalFiles(withMetrics(storage, environment)) : storage;
    const throttle = throttleOf(config, environment);
    return throttle === undefined ? counted : withThrottle(counted, throttle);
  },
  s3: remote(async (config, access, environment) => {
    const [{ createS3Storage }, { decodeS3Options }] = await Promise.all([
      import('./s3.ts'),
      import('./s3-options.ts'),
    ]);
    return await createS3Storage(decodeS3Options(config), access, environment);
  }),
  azureBlob: remote(async (config, access, environment) => {
    const [{ createAzureStorage }, { decodeAzureOptions }] = await Promise.all([
      import('./azure.ts'),
      import('./azure-options.ts'),
    ]);
    return await createAzureStorage(decodeAzureOptions(config), access, environment);
  }),
  gcs: remote(async (config, access, environment) => {
    const [{ createGcsStorage }, { decodeGcsOptions }] = await Promise.all([
      import('./gcs.ts'),
      import('./gcs-options.ts'),
    ]);
    return await createGcsStorage(decodeGcsOptions(config), access, environment);
  }),
};

/** Opens the storage that a connection's `storage` part names; those across a network within the connection's limits, as many
 *  requests at a time as help, and with transient failures tried again. Throws STORAGE_UNSUPPORTED for an unknown type, CONFIG_INVALID, and what the driver throws. */
export async function openStorage(
  location: { readonly type: string; readonly config: unknown },
  access: StorageAccess,
  environment: StorageEnvironment = processEnvironment,
): Promise<BlobStorage> {
  const driver = Object.hasOwn(DRIVERS, location.type) ? DRIVERS[location.type] : undefined;
  if (driver !== undefined) return await driver(location.config, access, environment);
  throw new RepositoryError(
    'STORAGE_UNSUPPORTED',
    `storage type ${JSON.stringify(location.type)} is not one of: ${Object.keys(DRIVERS).join(', ')}`,
  );
}

function remote(driver: Driver): Driver {
  return async (config, access, environment) => {
    const throttle = throttleOf(config, environment);
    const checked = withWriteCheck(await driver(config, access, environment));
    const adaptive = withAdaptiveConcurrency(checked, environment.clock);
    return withRetry(throttle === undefined ? adaptive : withThrottle(adaptive, throttle), environment);
  };
}

/** The limits to keep: those of the environment, else those of the storage, if there are any. */
function throttleOf(config: unknown, { throttle, clock }: StorageEnvironment): Throttle | undefined {
  if (throttle !== undefined) return throttle;
  const limits = new ConfigFields('storage', config).limits();
  return isLimited(limits) ? createThrottle(limits, clock) : undefined;
}
