import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { findTool, openTool, titleFor } from '../../../../test/support/tools.ts';
import { createFileSystemStorage } from '../blob/filesystem.ts';
import { createMemoryStorage } from '../blob/memory.ts';
import type { BlobStorage } from '../blob/storage.ts';
import { systemClock } from '../clock.ts';
import { repositoryErrorCode } from '../errors.ts';
import { createFaultyStorage } from '../testing/faulty-storage.ts';
import { BLOB_CONFIG_ID } from './blobcfg.ts';
import { changePassword } from './change-password.ts';
import { createFormat, type NewFormat } from './create-format.ts';
import { DEFAULT_EPOCH_PARAMETERS, KOPIA_DEFAULTS } from './defaults.ts';
import { decodeFormatBlob, encodeFormatBlob, FORMAT_BLOB_ID } from './format-blob.ts';
import { openFormat } from './open-format.ts';

const LOCK = { mode: 'GOVERNANCE', periodMs: 400 * 86_400_000 } as const;
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const codeOf = async (action: Promise<unknown>): Promise<string | undefined> =>
  await action.then(() => 'none', repositoryErrorCode);

let storage: BlobStorage;
beforeEach(() => {
  storage = createMemoryStorage({ clock: systemClock });
});

test('a new format is what our defaults say', async () => {
  await createFormat(storage, {}, 'pässword', randomBytes);
  const { format, retention, blob, warnings } = await openFormat(storage, 'pässword');
  expect(format).toMatchObject({
    hash: 'HMAC-SHA256-128',
    encryption: 'AES256-GCM-HMAC-SHA256',
    splitter: 'DYNAMIC-4M-BUZHASH',
    ecc: '',
    formatVersion: 3,
    indexVersion: 2,
    maxPackSize: 20 << 20,
    enablePasswordChange: true,
    epochParameters: DEFAULT_EPOCH_PARAMETERS,
  });
  const secrets = [format.secret, format.masterKey, blob.uniqueId];
  expect(secrets.map((secret) => secret.length)).toEqual([32, 32, 32]);
  expect(new Set(secrets.map(textOf)).size).toBe(3);
  expect(retention).toBeUndefined();
  expect(warnings).toEqual([]);
});

test('both blobs are under the retention asked for', async () => {
  await createFormat(storage, { retention: LOCK }, 'pw', randomBytes);
  expect((await openFormat(storage, 'pw')).retention).toEqual(LOCK);
  for (const id of [FORMAT_BLOB_ID, BLOB_CONFIG_ID])
    expect(await codeOf(storage.delete(id))).toBe('BLOB_LOCKED');
});

test('a place that is taken stays as it is', async () => {
  await createFormat(storage, {}, 'pw', randomBytes);
  const before = await storage.get(FORMAT_BLOB_ID);
  expect(await codeOf(createFormat(storage, {}, 'pw', randomBytes))).toBe('REPOSITORY_EXISTS');
  expect(await storage.get(FORMAT_BLOB_ID)).toEqual(before);
  await storage.delete(FORMAT_BLOB_ID);
  expect(await codeOf(createFormat(storage, {}, 'pw', randomBytes))).toBe('FORMAT_CORRUPT');
});

test.each<[NewFormat, string]>([
  [{ hash: 'MD5' }, 'ALGORITHM_UNKNOWN'],
  [{ keyAlgo: 'none' }, 'ALGORITHM_UNKNOWN'],
  [{ maxPackSize: 1 << 20 }, 'CONFIG_INVALID'],
  [{ eccOverheadPercent: 101 }, 'CONFIG_INVALID'],
  [{ retention: { mode: 'COMPLIANCE', periodMs: 1000 } }, 'CONFIG_INVALID'],
])('%j is refused before anything is written', async (chosen, code) => {
  expect(await codeOf(createFormat(storage, chosen, 'pw', randomBytes))).toBe(code);
  expect(await codeOf(openFormat(storage, 'pw'))).toBe('NOT_A_REPOSITORY');
});

test.each<[NewFormat, string]>([
  [{}, 'none'],
  [{ retention: LOCK }, 'FORMAT_CORRUPT'],
])('%j: when the power is lost between the writes, opening says %s', async (chosen, code) => {
  const faulty = createFaultyStorage(storage);
  faulty.cutPowerAfter(1);
  expect(await codeOf(createFormat(faulty, chosen, 'pw', randomBytes))).toBe('STORAGE_FAILED');
  expect(await codeOf(openFormat(storage, 'pw'))).toBe(code);
});

test('other algorithms of the plain part are refused by name', async () => {
  await createFormat(storage, {}, 'pw', randomBytes);
  const blob = decodeFormatBlob(await storage.get(FORMAT_BLOB_ID));
  for (const change of [{ encryption: 'ROT13' }, { keyAlgo: 'scrypt-1-1-1' }]) {
    await storage.put(FORMAT_BLOB_ID, [encodeFormatBlob({ ...blob, ...change })]);
    await expect(openFormat(storage, 'pw')).rejects.toMatchObject({
      code: 'ALGORITHM_UNKNOWN',
      message: expect.stringContaining(Object.values(change)[0] ?? ''),
    });
  }
});

describe.skipIf(!findTool('kopia'))(titleFor('kopia', 'kopia opens what we create'), () => {
  test.each<[string, NewFormat]>([
    ['our defaults', {}],
    ['kopia’s defaults', KOPIA_DEFAULTS],
    ['error correction', { eccOverheadPercent: 10, encryption: 'CHACHA20-POLY1305-HMAC-SHA256' }],
    ['format 1', { formatVersion: 1, keyAlgo: 'pbkdf2-sha256-600000' }],
    ['format 2', { formatVersion: 2, hash: 'BLAKE3-256', splitter: 'FIXED-1M', maxPackSize: 100 << 20 }],
  ])('%s', async (_, chosen) => {
    const path = mkdtempSync(join(tmpdir(), 'holdfast-format-'));
    try {
      const files = await createFileSystemStorage({ path }, 'create');
      await createFormat(files, chosen, 'test-password', randomBytes);
      await compareWithKopia(path, files, 'test-password');
      if (chosen.formatVersion === 1) return;
      await changePassword(files, { oldPassword: 'test-password', newPassword: 'nëw' }, randomBytes);
      await compareWithKopia(path, files, 'nëw');
    } finally {
      rmSync(path, { recursive: true });
    }
  });
});

async function compareWithKopia(path: string, files: BlobStorage, password: string): Promise<void> {
  using kopia = openTool('kopia');
  const env = { KOPIA_PASSWORD: password };
  kopia.mustRun(['repository', 'connect', 'filesystem', '--path', path], env);
  const status: unknown = JSON.parse(kopia.mustRun(['repository', 'status', '--json'], env));
  const { format, blob } = await openFormat(files, password);
  expect(status).toMatchObject({
    uniqueIDHex: Buffer.from(blob.uniqueId).toString('hex'),
    contentFormat: {
      hash: format.hash,
      encryption: format.encryption,
      version: format.formatVersion,
      maxPackSize: format.maxPackSize,
      enablePasswordChange: format.enablePasswordChange,
    },
    objectFormat: { splitter: format.splitter },
  });
}
