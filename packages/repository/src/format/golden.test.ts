import { expect, test } from 'vitest';
import { createMemoryStorage } from '../blob/memory.ts';
import { systemClock } from '../clock.ts';
import { BLOB_CONFIG_ID } from './blobcfg.ts';
import { encodeFormatBlob, FORMAT_BLOB_ID, type FormatBlob } from './format-blob.ts';
import { deriveFormatSealingKey } from './keys.ts';
import { openFormat } from './open-format.ts';
import { encodeRepositoryFormat } from './parameters.ts';
import { sealField } from './sealed-field.ts';

const ENCRYPTED_FORMAT =
  'RgjNLeC4fhb4DpZzNxFuNClHiN1hi9YXabsoAQxAtS1nIPKpa23ai4ve7MmTBLrXCngIZDYAKtxId+AWb4EHeWphLAzGpQ3MZywl' +
  't0jJ2U8c9u2Pa5uszcX4rTsbVWt0AaP2W6wmRmgDetZiyEr7sLEFCcjxYdo1yG0t50rM8INVRZ5z+IPNp6ym0UAFuguylqmwfQW5' +
  'lmSYvJQ/VZ4kFwXNbT9fgCMamIcu2B6+6FuCDe19kD8svwwQomQGKhAG5ECTRANcJzFg34y/glhqrRfYvvvcduYq3WUBDisqQQ5u' +
  'lQcJHJm0ewnZtYnrdYKIVoVL9FQrUpdN1tm0Zh/1u2Bw7VlejeIWQZHBvGnEddZqWxTZxLv/QmAOoEGALcWpzGA/MmNk8vxyOk7x' +
  '21D856wrxPLyQy60E0IBk0Ah2+vDB9r3jxkc89cxBZRfa1PblQlpCFnOKhUMs8u3p4dHezihVUGOUBaxhtoaDfT4OAOLh5M5/FNm' +
  'BHUQOVzrbM1Sw6mr/LJXqJIWSTSHlDajUGc7P0vjfx3lrnzv0qHuXKVSZLxBNQJQdjiU/5Q3YQRnnovycqCcuRFousImAwzhQyDu' +
  'RXvpTZauY5pRTw2+J6/Lq+FlJrVrluMG8M1GP5EIoEo3ICeP+x8dbf8bc3+dARa+AP8FT/9xVgnwq4LyGuRdLYUU/w2r+m2bsEc+' +
  'z39ljml8TvW81x01zuGFyxadZQjo4kKozoPRcdrfqtq8xrpOTi4M4az3BP+/liQ0FXuLiq1oHiYj6r3fNBm4Hlylq62zx7Wllmxj' +
  'D6tTnZ6kaQ==';
const SECRET = 'e63be07442d3e44882518f4d04257da06282eac948136fba81c6c25b6cc0f11a';
const MASTER_KEY = '2042e0af9fe78de48d1e986a48f1b856eb1f2562c83f43834d70f9b5f9ef7fd3';

const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('the format that kopia wrote opens, and is written back to the same bytes', async () => {
  const blob: FormatBlob = {
    tool: 'https://github.com/kopia/kopia',
    buildVersion: 'v0',
    buildInfo: '',
    uniqueId: fromHex('008274f2e90a38fbbff71ee400778a33de22db90517e25a88118db603272dc9d'),
    keyAlgo: 'scrypt-65536-8-1',
    encryption: 'AES256_GCM',
    encryptedFormat: new Uint8Array(Buffer.from(ENCRYPTED_FORMAT, 'base64')),
    unknown: {},
  };
  const storage = createMemoryStorage({ clock: systemClock });
  await storage.put(FORMAT_BLOB_ID, [encodeFormatBlob(blob)]);
  await storage.put(BLOB_CONFIG_ID, [
    fromHex('3ee7ede52725ce0535c856993ec4493428a913fe85aeb2a5b97d643184b2'),
  ]);

  const opened = await openFormat(storage, 'correct-horse');
  expect(opened.blob).toEqual(blob);
  expect(hex(opened.format.secret)).toBe(SECRET);
  expect(hex(opened.format.masterKey)).toBe(MASTER_KEY);
  expect(opened.format).toMatchObject({
    formatVersion: 3,
    indexVersion: 2,
    maxPackSize: 20 << 20,
    enablePasswordChange: true,
    splitter: 'DYNAMIC-4M-BUZHASH',
    epochParameters: { enabled: true, epochRefreshFrequencyMs: 20 * 60_000, minEpochDurationMs: 86_400_000 },
  });

  const key = deriveFormatSealingKey(opened.formatKey, blob.uniqueId);
  const nonce = blob.encryptedFormat.subarray(0, 12);
  const sealed = sealField(encodeRepositoryFormat(opened.format), key, nonce);
  expect(Buffer.from(sealed).toString('base64')).toBe(ENCRYPTED_FORMAT);
});
