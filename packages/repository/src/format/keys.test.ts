import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveContentSecret } from '../encryption/content-key.ts';
import {
  deriveCacheKey,
  deriveFormatKey,
  deriveFormatSealingKey,
  deriveMaintenanceSealingKey,
  derivePurposeKey,
  type RootKeys,
} from './keys.ts';
import { openField, sealField } from './sealed-field.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const fromHex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const uniqueId = Uint8Array.from({ length: 32 }, (_, i) => 0x40 + i);

describe('deriveFormatKey', () => {
  it('scrypt', async () => {
    const formatKey = await deriveFormatKey('pw', uniqueId, 'scrypt-65536-8-1');
    expect(hex(formatKey)).toBe('14ee62f6edbf45664426e4278785a0bf968d6f0c7aabdb080a437fdae467232e');
    const { key, aad } = deriveFormatSealingKey(formatKey, uniqueId);
    expect(hex(key)).toBe('c8d0b6a613d1bb85ad4102bb6ea23ae42e91bb11b02ff05e47c7665f7c81a63b');
    expect(hex(aad)).toBe('0aee44497bf1c3e2e190386bcfcf46c6bcc0a4317043f898823459e71e52fd37');
  });

  it('pbkdf2', async () => {
    const formatKey = await deriveFormatKey('pw', uniqueId, 'pbkdf2-sha256-600000');
    expect(hex(formatKey)).toBe('dc7f954b05ea842fd02845b110f439c97cfeeaa970520ccdc3694f5a1a1f5f85');
  });

  it.each(['testing-only-insecure', '', 'constructor'])('refuses %j', async (keyAlgo) => {
    await expect(deriveFormatKey('pw', uniqueId, keyAlgo)).rejects.toMatchObject({
      code: 'ALGORITHM_UNKNOWN',
    });
  });

  it('refuses a salt that is none', async () => {
    const short = deriveFormatKey('pw', uniqueId.subarray(0, 15), 'scrypt-65536-8-1');
    await expect(short).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
  });
});

describe('a repository that kopia made', () => {
  const keys: RootKeys = {
    formatKey: fromHex('588149bb1e3106ae1ae0323fe43fcd76379feca8b7f9f13ab6a57bc1de0ec4b6'),
    masterKey: fromHex('2042e0af9fe78de48d1e986a48f1b856eb1f2562c83f43834d70f9b5f9ef7fd3'),
    secret: fromHex('e63be07442d3e44882518f4d04257da06282eac948136fba81c6c25b6cc0f11a'),
    uniqueId: fromHex('008274f2e90a38fbbff71ee400778a33de22db90517e25a88118db603272dc9d'),
    enablePasswordChange: true,
  };
  const blobcfg = fromHex('3ee7ede52725ce0535c856993ec4493428a913fe85aeb2a5b97d643184b2');

  it('has these keys', async () => {
    expect(await deriveFormatKey('correct-horse', keys.uniqueId, 'scrypt-65536-8-1')).toEqual(keys.formatKey);
    expect(hex(deriveContentSecret(keys.masterKey))).toBe(
      'fbd0a596d5cbc69ec8fdb114355d1acd6ac46388cb48e77cb785a500323dd287',
    );
    const maintenance = deriveMaintenanceSealingKey(keys);
    expect(hex(maintenance.key)).toBe('5269bccd3dbfbaa544c19051c47a5304ffdd6f992cc9ef373e06469170de3685');
    expect(Buffer.from(maintenance.aad).toString()).toBe('maintenance');
  });

  it('opens with the format sealing key only', () => {
    const key = deriveFormatSealingKey(keys.formatKey, keys.uniqueId);
    expect(Buffer.from(openField(blobcfg, key) ?? []).toString()).toBe('{}');
    expect(openField(blobcfg, deriveFormatSealingKey(keys.secret, keys.uniqueId))).toBeUndefined();
    expect(openField(blobcfg, { ...key, aad: new Uint8Array(0) })).toBeUndefined();
  });

  it('derives lasting keys from what a password change leaves alone', () => {
    const fixed: RootKeys = { ...keys, enablePasswordChange: false };
    const cacheKey = (base: Uint8Array) => derivePurposeKey(base, keys.uniqueId, 'local-cache-integrity', 16);
    expect(deriveCacheKey(keys)).toEqual(cacheKey(keys.secret));
    expect(deriveCacheKey(fixed)).toEqual(cacheKey(keys.formatKey));
    expect(deriveMaintenanceSealingKey(fixed).key).toEqual(
      derivePurposeKey(keys.formatKey, keys.uniqueId, 'maintenance schedule', 32),
    );
  });
});

describe('sealed fields', () => {
  const key = deriveFormatSealingKey(new Uint8Array(32).fill(1), uniqueId);

  it('open to what was sealed, and not at all after any damage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200, size: 'max' }), fc.nat(), (plain, at) => {
        const sealed = sealField(plain, key);
        expect(sealed).toHaveLength(plain.length + 28);
        expect(openField(sealed, key)).toEqual(plain);
        expect(openField(sealed.subarray(0, at % sealed.length), key)).toBeUndefined();
        const bit = at % (sealed.length * 8);
        sealed[bit >> 3] = (sealed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(openField(sealed, key)).toBeUndefined();
      }),
    );
  });

  it('never repeat a nonce', () => {
    const nonces = Array.from({ length: 500 }, () => hex(sealField(uniqueId, key).subarray(0, 12)));
    expect(new Set(nonces).size).toBe(500);
  });
});
