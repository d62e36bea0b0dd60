import { randomBytes } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { createMemoryStorage } from '../blob/memory.ts';
import type { BlobStorage } from '../blob/storage.ts';
import { systemClock } from '../clock.ts';
import { repositoryErrorCode } from '../errors.ts';
import { createFaultyStorage } from '../testing/faulty-storage.ts';
import { changePassword } from './change-password.ts';
import { createFormat, type NewFormat } from './create-format.ts';
import { encodeFormatBlob, FORMAT_BLOB_ID } from './format-blob.ts';
import { deriveFormatSealingKey } from './keys.ts';
import { openFormat, openFormatField } from './open-format.ts';
import { encodeRepositoryFormat } from './parameters.ts';
import { sealField } from './sealed-field.ts';

const LOCK = { mode: 'GOVERNANCE', periodMs: 400 * 86_400_000 } as const;
const CHANGE = { oldPassword: 'old', newPassword: 'new' };
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const codeOf = async (action: Promise<unknown>): Promise<string | undefined> =>
  await action.then(() => 'none', repositoryErrorCode);

let storage: BlobStorage;
beforeEach(() => {
  storage = createMemoryStorage({ clock: systemClock, versioned: true });
});

test.each<NewFormat>([{}, { retention: LOCK }])('%j: only the seal changes', async (chosen) => {
  await createFormat(storage, chosen, 'old', randomBytes);
  const before = await openFormat(storage, 'old');
  await changePassword(storage, CHANGE, randomBytes);
  const after = await openFormat(storage, 'new');
  expect(after.format).toEqual(before.format);
  expect(after.retention).toEqual(before.retention);
  expect(after.blob.uniqueId).toEqual(before.blob.uniqueId);
  expect(await codeOf(openFormat(storage, 'old'))).toBe('INVALID_PASSWORD');
});

test('members of the future are kept byte for byte', async () => {
  await createFormat(storage, {}, 'old', randomBytes);
  const { blob, format, formatKey } = await openFormat(storage, 'old');
  const plain = textOf(encodeRepositoryFormat(format)).replace(
    '{"format":{',
    '{"later": 1.50,"format":{"more" :[],',
  );
  const key = deriveFormatSealingKey(formatKey, blob.uniqueId);
  const altered = { ...blob, encryptedFormat: sealField(Buffer.from(plain), key), unknown: { outer: 7 } };
  await storage.put(FORMAT_BLOB_ID, [encodeFormatBlob(altered)]);
  await changePassword(storage, CHANGE, randomBytes);
  const after = await openFormat(storage, 'new');
  expect(after.blob.unknown).toEqual({ outer: 7 });
  expect(textOf(openFormatField(after.blob, after.formatKey))).toBe(plain);
});

test('it is refused with a wrong password, and where packs depend on the old one', async () => {
  await createFormat(storage, { formatVersion: 1 }, 'old', randomBytes);
  const wrong = { ...CHANGE, oldPassword: 'x' };
  expect(await codeOf(changePassword(storage, wrong, randomBytes))).toBe('INVALID_PASSWORD');
  expect(await codeOf(changePassword(storage, CHANGE, randomBytes))).toBe('FORMAT_UNSUPPORTED');
  expect(await codeOf(openFormat(storage, 'old'))).toBe('none');
});

test.each([
  [0, 'old'],
  [1, 'old'],
  [2, 'new'],
])('without retention, power lost after %d writes: %s opens', async (writes, valid) => {
  await createFormat(storage, {}, 'old', randomBytes);
  const faulty = createFaultyStorage(storage);
  faulty.cutPowerAfter(writes);
  expect(await codeOf(changePassword(faulty, CHANGE, randomBytes))).toBe('STORAGE_FAILED');
  expect((await openFormat(storage, valid)).retention).toBeUndefined();
});

test('with retention, doing it again completes what was interrupted', async () => {
  await createFormat(storage, { retention: LOCK }, 'old', randomBytes);
  const faulty = createFaultyStorage(storage);
  faulty.cutPowerAfter(1);
  expect(await codeOf(changePassword(faulty, CHANGE, randomBytes))).toBe('STORAGE_FAILED');
  await expect(openFormat(storage, 'old')).rejects.toMatchObject({
    code: 'FORMAT_CORRUPT',
    detail: { blob: 'kopia.blobcfg' },
  });
  await changePassword(storage, CHANGE, randomBytes);
  expect((await openFormat(storage, 'new')).retention).toEqual(LOCK);
});
