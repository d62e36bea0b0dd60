import { createHmac, timingSafeEqual } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { FormatKeyMemory } from '../format/keys.ts';
import { readTextFile, writePrivateFile } from './private-file.ts';

/** Keeps the key that a kept password stands for beside it, so that not every command spends a quarter of a second on
 *  deriving it. It says no more than the password file, and is readable by the same user only. */
export function formatKeyFile(connectionFile: string, password: string): FormatKeyMemory {
  const path = keyFilePath(connectionFile);
  return {
    recall: async (salt) => {
      const [key, tag] = splitLines(await readTextFile(path));
      const isOurs = tag?.length === TAG_BYTES && timingSafeEqual(tag, tagOf(key, salt, password));
      return isOurs ? key : undefined;
    },
    keep: async (salt, key) => {
      const lines = [key, tagOf(key, salt, password)].map((bytes) => Buffer.from(bytes).toString('base64'));
      // Where nothing can be written, it has to be derived each time.
      await writePrivateFile(path, `${lines.join('\n')}\n`).catch(() => undefined);
    },
  };
}

/** Forgets the key; a missing file is not an error. */
export async function deleteKeyFile(connectionFile: string): Promise<void> {
  await rm(keyFilePath(connectionFile), { force: true });
}

const TAG_BYTES = 32;

function keyFilePath(connectionFile: string): string {
  return `${connectionFile}.holdfast-key`;
}

/** Ties the key to the password and the repository that it was derived for. */
function tagOf(key: Uint8Array | undefined, salt: Uint8Array, password: string): Buffer {
  return createHmac('sha256', key ?? '')
    .update(salt)
    .update(password)
    .digest();
}

function splitLines(text: string | undefined): readonly Buffer[] {
  return (text ?? '').split('\n').map((line) => Buffer.from(line, 'base64'));
}
