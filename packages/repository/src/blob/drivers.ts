import { RepositoryError } from '../errors.ts';
import type { StorageAccess } from './access.ts';
import { decodeFileSystemOptions } from './filesystem-options.ts';
import { createFileSystemStorage } from './filesystem.ts';
import type { BlobStorage } from './storage.ts';

/** Opens one kind of storage; `config` is the connection's, decoded by the driver (CONFIG_INVALID). */
type Driver = (config: unknown, access: StorageAccess) => Promise<BlobStorage>;

/** By kopia's name of the storage type. A new driver is one file and one line here. */
const DRIVERS: Readonly<Record<string, Driver>> = {
  filesystem: (config, access) => createFileSystemStorage(decodeFileSystemOptions(config), access),
};

/** Opens the storage that a connection's `storage` part names. Throws STORAGE_UNSUPPORTED for an unknown type, CONFIG_INVALID, and what
 *  the driver throws. */
export async function openStorage(
  location: { readonly type: string; readonly config: unknown },
  access: StorageAccess,
): Promise<BlobStorage> {
  const driver = Object.hasOwn(DRIVERS, location.type) ? DRIVERS[location.type] : undefined;
  if (driver !== undefined) return await driver(location.config, access);
  throw new RepositoryError(
    'STORAGE_UNSUPPORTED',
    `storage type ${JSON.stringify(location.type)} is not one of: ${Object.keys(DRIVERS).join(', ')}`,
  );
}
