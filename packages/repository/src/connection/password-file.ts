import { rm } from 'node:fs/promises';
import { deleteKeyFile } from './key-file.ts';
import { configInvalid, readTextFile, writePrivateFile } from './private-file.ts';

/** Where kopia and this program keep the password of a connection. */
export function passwordFilePath(connectionFile: string): string {
  return `${connectionFile}.kopia-password`;
}

/** The password kept beside a connection file, or undefined. Throws CONFIG_INVALID.
 *  Source: kopia internal/passwordpersist/passwordpersist_file.go. */
export async function readPasswordFile(connectionFile: string): Promise<string | undefined> {
  const path = passwordFilePath(connectionFile);
  const text = (await readTextFile(path))?.replaceAll(/[\r\n]/g, '');
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw configInvalid(path, 'it is not base64');
  return bytes.toString('utf8');
}

/** Keeps the password beside a connection file: base64, readable only by its owner. */
export async function writePasswordFile(connectionFile: string, password: string): Promise<void> {
  await writePrivateFile(passwordFilePath(connectionFile), Buffer.from(password).toString('base64'));
}

/** Forgets the password and the key derived from it; a missing file is not an error. */
export async function deletePasswordFile(connectionFile: string): Promise<void> {
  await deleteKeyFile(connectionFile);
  await rm(passwordFilePath(connectionFile), { force: true });
}
