import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deriveFormatKey } from '../format/keys.ts';
import { formatKeyFile } from './key-file.ts';
import { deletePasswordFile } from './password-file.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-key-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const salt = Buffer.from('scrypt and the id of a repository');
const key = Buffer.alloc(32, 7);

describe('the key kept beside a password', () => {
  test('comes back for the same password and repository only', async () => {
    const connection = join(directory, 'c.config');
    await formatKeyFile(connection, 'right').keep(salt, key);
    expect(await formatKeyFile(connection, 'right').recall(salt)).toEqual(key);
    expect(await formatKeyFile(connection, 'wrong').recall(salt)).toBeUndefined();
    expect(await formatKeyFile(connection, 'right').recall(Buffer.from('another'))).toBeUndefined();
  });

  test('is for its owner alone and goes with the password', async () => {
    const connection = join(directory, 'c.config');
    await formatKeyFile(connection, 'right').keep(salt, key);
    expect(statSync(`${connection}.holdfast-key`).mode & 0o777).toBe(0o600);
    await deletePasswordFile(connection);
    expect(existsSync(`${connection}.holdfast-key`)).toBe(false);
  });

  test.each(['', 'rubbish', `\n${Buffer.alloc(32).toString('base64')}\n`])(
    'is derived again when the file is damaged: %j',
    async (text) => {
      const connection = join(directory, 'c.config');
      writeFileSync(`${connection}.holdfast-key`, text);
      expect(await formatKeyFile(connection, 'right').recall(salt)).toBeUndefined();
    },
  );

  test('is not missed where it cannot be written', async () => {
    writeFileSync(join(directory, 'file'), '');
    const derived = await deriveFormatKey('right', Buffer.alloc(32), 'pbkdf2-sha256-600000');
    await formatKeyFile(join(directory, 'file', 'c.config'), 'right').keep(salt, derived);
  });
});
