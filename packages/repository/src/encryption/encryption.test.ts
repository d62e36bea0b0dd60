import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repositoryErrorCode } from '../errors.ts';
import { type AeadPrimitive, createAead } from './aead.ts';
import { aes256Gcm } from './aes256-gcm.ts';
import { chacha20Poly1305 } from './chacha20-poly1305.ts';
import type { ContentCipher } from './cipher.ts';
import { contentKeys, deriveContentSecret } from './content-key.ts';
import { nativeCipher } from './fast-cipher.ts';
import { createCipher } from './registry.ts';

const bytesFrom = (start: number, length: number) => Uint8Array.from({ length }, (_, i) => start + i);
const masterKey = bytesFrom(0x20, 32);
const iv = bytesFrom(0x80, 16);
const fox = Buffer.from('The quick brown fox jumps over the lazy dog');
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function seal(cipher: ContentCipher, plain: Uint8Array, id: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  cipher.encrypt(plain, id, { write: (bytes) => parts.push(Uint8Array.from(bytes)) });
  return Uint8Array.from(Buffer.concat(parts));
}

function open(cipher: ContentCipher, stored: Uint8Array, id: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.max(0, stored.length - cipher.overhead));
  return out.subarray(0, cipher.decrypt(stored, id, out));
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return repositoryErrorCode(error) ?? String(error);
  }
}

describe('golden vectors', () => {
  it('derives the keys', () => {
    expect(hex(deriveContentSecret(masterKey))).toBe(
      '49cbbd8ec38e25389b29de48aa0a383cb3aa37e0e2aa4e02e75c7894aebfacce',
    );
    expect(hex(contentKeys(masterKey)(iv).export())).toBe(
      '0d9c0620d02befd88fdaecbc81e9b50f2120f56a36c71da2b3df9f4b035034fc',
    );
  });

  const golden: readonly (readonly [AeadPrimitive, string])[] = [
    [
      aes256Gcm,
      `000102030405060708090a0b9bd7f46b2109857c279a006cfd88cbab8abd450ad1e871b60fba254b2454dd14
       1fd0388e3a9aee61c31aacb4c8a6ffbea8883eb2dddc6aa0ad48df`,
    ],
    [
      chacha20Poly1305,
      `000102030405060708090a0bacf95f959709ae4fe9d3513da1c29bffd1056648a4ff3e460e7fd50ee8e38c67
       9bd32cdff253ee1c0df5e745746d21973bd4f188953570c49270e6`,
    ],
  ];

  it.each(golden)('$name', (primitive, stored) => {
    const expected = stored.replaceAll(/\s/g, '');
    const cipher = createAead(primitive, masterKey, () => bytesFrom(0, 12));
    expect(hex(seal(cipher, fox, iv))).toBe(expected);
    expect(open(cipher, Buffer.from(expected, 'hex'), iv)).toEqual(Uint8Array.from(fox));
  });

  it('reads a content that kopia wrote', () => {
    const key = Buffer.from('2042e0af9fe78de48d1e986a48f1b856eb1f2562c83f43834d70f9b5f9ef7fd3', 'hex');
    const id = Buffer.from('0fb15cb58d83a6c03a86ec018016ea16', 'hex');
    const stored = Buffer.from(
      '7e9980caa2c4a53842ebbff46ba07c618c7a0ad605104a2c65667154e80df136faebcbd5890be480b8fc0728cca1941a' +
        '623aefde3633f7814dcfe52552589a6132fb1c64f26d46',
      'hex',
    );
    const plain = open(createCipher('AES256-GCM-HMAC-SHA256', key), stored, id);
    expect(Buffer.from(plain).toString()).toBe(fox.toString());
  });
});

const portable: Readonly<Record<string, ContentCipher>> = {
  'AES256-GCM-HMAC-SHA256': createAead(aes256Gcm, masterKey),
  'CHACHA20-POLY1305-HMAC-SHA256': createAead(chacha20Poly1305, masterKey),
};
const implementations = Object.entries(portable).flatMap(([name, cipher]) => [
  [name, 'of node:crypto', cipher] as const,
  [name, 'as soon as there is much to do', warm(createCipher(name, masterKey))] as const,
]);

it.runIf(process.platform === 'linux').each(Object.entries(portable))(
  'finds OpenSSL for %s',
  (name, cipher) => {
    const evp = name.startsWith('AES') ? 'EVP_aes_256_gcm' : 'EVP_chacha20_poly1305';
    const native = nativeCipher(cipher, evp, masterKey);
    expect(native).toBeDefined();
    // Another master key: what it writes is nothing that the portable one reads.
    expect(nativeCipher(cipher, evp, bytesFrom(1, 32))).toBeUndefined();
  },
);

it.each(implementations)(
  '%s %s reads what node:crypto writes, and the other way round',
  (name, _, cipher) => {
    const other = portable[name] ?? cipher;
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300, size: 'max' }),
        fc.uint8Array({ maxLength: 32 }),
        (plain, id) => {
          expect(open(other, seal(cipher, plain, id), id)).toEqual(plain);
          expect(open(cipher, seal(other, plain, id), id)).toEqual(plain);
        },
      ),
    );
  },
);

describe.each(implementations)('%s %s', (_name, _which, cipher) => {
  it('refuses an output that is too short', () => {
    const stored = seal(cipher, fox, iv);
    expect(() => cipher.decrypt(stored, iv, new Uint8Array(fox.length - 1))).toThrow();
  });

  it.each([0, 1, 65535, 65536, 65537, 200_000])('gives back %i bytes', (length) => {
    const plain = Uint8Array.from({ length }, (_, i) => i * 7);
    const stored = seal(cipher, plain, iv);
    expect(stored).toHaveLength(length + cipher.overhead);
    expect(open(cipher, stored, iv)).toEqual(plain);
  });

  it('works on shared and WebAssembly memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(100), 7, fox.length);
    shared.set(fox);
    const sealed = seal(cipher, shared, iv);
    const stored = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer, 13, sealed.length);
    stored.set(sealed);
    const out = new Uint8Array(new SharedArrayBuffer(200), 5);
    const length = cipher.decrypt(stored, iv, out);
    expect(Buffer.from(Uint8Array.from(out.subarray(0, length))).toString()).toBe(fox.toString());
  });

  it('never uses a nonce twice', () => {
    const nonces = Array.from({ length: 2000 }, () => hex(seal(cipher, fox, iv).subarray(0, 12)));
    expect(new Set(nonces).size).toBe(2000);
  });

  it('writes spans of at most 64 KiB', () => {
    const lengths: number[] = [];
    cipher.encrypt(new Uint8Array(150_000), iv, { write: (bytes) => lengths.push(bytes.length) });
    expect(Math.max(...lengths)).toBeLessThanOrEqual(65536);
    expect([lengths.at(0), lengths.at(-1)]).toEqual([12, 16]);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(150_028);
  });

  it('fills the memory of a sink that has some, however little there is at a time', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300, size: 'max' }),
        fc.integer({ min: 1, max: 64 }),
        (plain, step) => {
          const memory = new Uint8Array(new SharedArrayBuffer(plain.length + cipher.overhead + step));
          let used = 0;
          const sink = {
            write: (bytes: Uint8Array) => (memory.set(bytes, used), (used += bytes.length)),
            room: () => memory.subarray(used, used + step),
            advance: (length: number) => (used += length),
          };
          cipher.encrypt(plain, iv, sink);
          expect(open(cipher, Uint8Array.from(memory.subarray(0, used)), iv)).toEqual(plain);
        },
      ),
    );
  });

  it('notices any flipped bit, any cut and any other iv', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300, size: 'max' }),
        fc.uint8Array({ minLength: 16, maxLength: 32 }),
        fc.nat(),
        (plain, id, at) => {
          const stored = seal(cipher, plain, id);
          expect(open(cipher, stored, id)).toEqual(plain);
          expect(codeOf(() => open(cipher, flipBit(stored, at), id))).toBe('CONTENT_CORRUPT');
          expect(codeOf(() => open(cipher, stored, flipBit(id, at)))).toBe('CONTENT_CORRUPT');
          const cut = stored.subarray(0, at % stored.length);
          expect(codeOf(() => open(cipher, cut, id))).toBe('CONTENT_CORRUPT');
        },
      ),
    );
  });

  it('says nothing about keys or plain text when it fails', () => {
    const stored = seal(cipher, fox, iv);
    const key = createHmac('sha256', deriveContentSecret(masterKey)).update(iv).digest();
    try {
      open(cipher, flipBit(stored, 500), iv);
      expect.unreachable();
    } catch (error) {
      const told = JSON.stringify(error, Object.getOwnPropertyNames(error));
      for (const secret of [masterKey, key]) expect(told).not.toContain(hex(secret).slice(0, 12));
      expect(told).not.toContain('quick');
    }
  });
});

it.each(['NONE', '', 'valueOf'])('refuses %j', (name) => {
  expect(codeOf(() => createCipher(name, masterKey))).toBe('ALGORITHM_UNKNOWN');
});

/** Has it encrypt so much that it takes the fast way from now on. */
function warm(cipher: ContentCipher): ContentCipher {
  for (let i = 0; i < 100; i++) seal(cipher, fox, iv);
  return cipher;
}

function flipBit(bytes: Uint8Array, at: number): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  const bit = at % (bytes.length * 8);
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}
