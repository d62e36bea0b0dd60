import { readFile } from 'node:fs/promises';
import type { Storage } from '@google-cloud/storage';
import { RepositoryError } from '../errors.ts';
import type { StorageEnvironment } from './environment.ts';
import type { GcsOptions } from './gcs-options.ts';

const HOW_TO_GIVE =
  "give the file of a service account's key to the connection (credentialsFile) or in $GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`";

/** Tells `storage` who asks, or has it find out, before the SDK asks without anybody's name. Throws STORAGE_DENIED where nobody is
 *  found, CONFIG_INVALID for a file of credentials that can't be used; never with what is in it. */
export async function setIdentity(
  storage: Storage,
  { credentials, credentialsFile }: GcsOptions,
  env: StorageEnvironment['env'],
): Promise<void> {
  const given = credentials ?? (credentialsFile === '' ? undefined : await readCredentials(credentialsFile));
  const file = env['GOOGLE_APPLICATION_CREDENTIALS'] ?? '';
  if (given === undefined && file !== '') await readCredentials(file);
  // Not among the options of the SDK, which tells users on their terminal that these are deprecated.
  if (given !== undefined) storage.authClient.jsonContent = given;
  try {
    await storage.authClient.getClient();
  } catch (error) {
    throw identityError(error);
  }
}

/** The SDK takes what isn't JSON for a key of another kind, and fails when it first uses it. */
async function readCredentials(path: string): Promise<object> {
  try {
    return Object(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const isUnreadable = error instanceof Error && 'code' in error;
    const reason = isUnreadable ? `cannot be read (${String(error.code)})` : 'are not JSON';
    // Without the cause: what is no JSON is told with pieces of it.
    throw new RepositoryError('CONFIG_INVALID', `the Google credentials in ${path} ${reason}`, { path });
  }
}

function identityError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (/could not load the default credentials/i.test(error.message))
    return new RepositoryError('STORAGE_DENIED', `no Google credentials were found: ${HOW_TO_GIVE}`);
  const reason = error.message.split('\n')[0] ?? '';
  return new RepositoryError('CONFIG_INVALID', `the Google credentials cannot be used: ${reason}`);
}
