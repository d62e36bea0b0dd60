import { blake2b as oneShotBlake2b } from 'hash-wasm';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFastBlake2b, createNativeBlake2b, createPortableBlake2b } from './blake2b.ts';
import { deriveBlake3Key } from './blake3-derive-key.ts';
import type { Hasher } from './hasher.ts';
import { createHasher, HASHES } from './registry.ts';
import { loadSodium } from './sodium.ts';

const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
const fox = Buffer.from('The quick brown fox jumps over the lazy dog');
const empty = new Uint8Array(0);

/** name, digest of the fox, digest of nothing */
const golden: readonly (readonly [string, string, string])[] = [
  [
    'BLAKE2B-256',
    '5d9461aff732d77d0cc98725ea29298c914fd5193b4c08ec9e3ad6b28c3e2faf',
    '4e51e7a913fc80137da52880fecca175bf81e117d5c68126dc2774033517ea0d',
  ],
  ['BLAKE2B-256-128', '5d9461aff732d77d0cc98725ea29298c', '4e51e7a913fc80137da52880fecca175'],
  ['BLAKE2S-128', '4e2219ec6d234a478e4ace91429bbce4', '9536f9b267655743dee97b8a670f9f53'],
  [
    'BLAKE2S-256',
    '96b9463f887ba8eb7444074245f3b2f838d6ee5a659490adcf7ae80cc97bc67f',
    '48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49',
  ],
  [
    'BLAKE3-256',
    'f1c78a63454ec51f42b9d88ac49133942182b5ecb380dc9ec90dcd7e6ad675e8',
    '73492b19995d71cdb1e9d74decc09809eb732f1b00bc95c27cb15f9dd4d6478f',
  ],
  ['BLAKE3-256-128', 'f1c78a63454ec51f42b9d88ac4913394', '73492b19995d71cdb1e9d74decc09809'],
  [
    'HMAC-SHA224',
    'c19bf589632c1938fa9433a3fba6d063a76a89f95cbfad9724292959',
    '2a7430f93bb5456d155c654063c7074aa70c01936a6c0e53a9f9407f',
  ],
  [
    'HMAC-SHA256',
    'f87ad256151fc7b4c5dffa4adb3ebe911a8eeb8a8ebdee3c2a4a8e5f5ec02c32',
    'd38b42096d80f45f826b44a9d5607de72496a415d3f4a1a8c88e3bb9da8dc1cb',
  ],
  ['HMAC-SHA256-128', 'f87ad256151fc7b4c5dffa4adb3ebe91', 'd38b42096d80f45f826b44a9d5607de7'],
  [
    'HMAC-SHA3-224',
    'c058b4ace7a24b83460c1cb59a43c777a2b927b7ffb4b976cc26377e',
    '2e37c6fd64fd8a04653d260323bc726482d8cb6b4d9e59e02bd58cd9',
  ],
  [
    'HMAC-SHA3-256',
    '147d7580b74be73a6c117f3320568ddf71834893daaa4631894ade39ca08e709',
    '50ab1606034383fe4b3b4bc0a341a82e40ac85e455cdfeed4cac902a7b8ccfc1',
  ],
];

function hexOf(hasher: Hasher, data: Uint8Array): string {
  const out = new Uint8Array(hasher.digestLength);
  hasher.hash(data, out);
  return Buffer.from(out).toString('hex');
}

it('covers every name', () => {
  expect(golden.map(([name]) => name).toSorted()).toEqual(Object.keys(HASHES).toSorted());
});

describe.each(golden)('%s', (name, ofFox, ofNothing) => {
  it('gives the golden digests, again and again', async () => {
    const hasher = await createHasher(name, secret);
    for (let again = 0; again < 2; again++) {
      expect(hexOf(hasher, fox)).toBe(ofFox);
      expect(hexOf(hasher, empty)).toBe(ofNothing);
    }
    expect(hasher.digestLength).toBe(ofFox.length / 2);
  });

  it('hashes pieces as it hashes them together, whatever came before', async () => {
    const hasher = await createHasher(name, secret);
    const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
    fc.assert(
      fc.property(pieces, (list) => {
        const out = new Uint8Array(hasher.digestLength);
        hasher.hashPieces(list, out);
        expect(Buffer.from(out).toString('hex')).toBe(hexOf(hasher, Buffer.concat(list)));
      }),
      { numRuns: 30 },
    );
  });

  it('reads shared and WebAssembly memory, and writes only its digest', async () => {
    const hasher = await createHasher(name, secret);
    const shared = new Uint8Array(new SharedArrayBuffer(fox.length + 3), 3);
    const inWasm = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer, 77, fox.length);
    for (const data of [shared, inWasm]) {
      data.set(fox);
      const out = new Uint8Array(64).fill(0xee);
      hasher.hash(data, out);
      expect(Buffer.from(out).toString('hex')).toBe(ofFox.padEnd(128, 'e'));
    }
  });

  it('depends on the secret, and does without one', async () => {
    const keyless = hexOf(await createHasher(name, empty), fox);
    expect(keyless).not.toBe(ofFox);
    expect(keyless).toHaveLength(ofFox.length);
  });
});

describe('BLAKE2b', () => {
  const sodium = loadSodium();

  it.skipIf(sodium === null)('is the same with libsodium and without', async () => {
    if (sodium === null) return;
    const native = createNativeBlake2b(sodium, secret, 16);
    const portable = await createPortableBlake2b(secret, 16);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000, size: 'max' }), (data) => {
        expect(hexOf(native, data)).toBe(hexOf(portable, data));
      }),
    );
  });

  const bySystem = createFastBlake2b(secret, 16);

  it.skipIf(process.platform !== 'linux')('can be had from OpenSSL', () => {
    expect(bySystem).toBeDefined();
  });

  it.skipIf(bySystem === undefined)('is the same with OpenSSL, whole and in pieces', async () => {
    if (bySystem === undefined) return;
    const portable = await createPortableBlake2b(secret, 16);
    const lengths = fc.tuple(fc.nat(20), fc.integer({ min: -2, max: 2 }), fc.nat(3000));
    fc.assert(
      fc.property(lengths, ([blocks, by, cut]) => {
        const data = randomBytes(Math.max(0, 128 * blocks + by));
        const out = Buffer.alloc(16);
        bySystem.hashPieces([data.subarray(0, cut), data.subarray(cut)], out);
        expect([hexOf(bySystem, data), out.toString('hex')]).toEqual(Array(2).fill(hexOf(portable, data)));
      }),
      { numRuns: 200 },
    );
  });

  it.skipIf(bySystem === undefined)('reads shared and WebAssembly memory with OpenSSL too', async () => {
    if (bySystem === undefined) return;
    const shared = new Uint8Array(new SharedArrayBuffer(5000), 3);
    const inWasm = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer, 77, 5000);
    const portable = await createPortableBlake2b(secret, 16);
    for (const data of [shared, inWasm]) {
      data.set(randomBytes(data.length));
      expect(hexOf(bySystem, data)).toBe(hexOf(portable, data));
    }
  });

  it.each([1, 15, 16, 64])('is the same before and after many bytes, with a secret of %i', async (length) => {
    const key = randomBytes(length);
    const hasher = await createHasher('BLAKE2B-256-128', key);
    const data = randomBytes(1 << 20);
    const expected = (await oneShotBlake2b(data, 256, key)).slice(0, 32);
    for (let again = 0; again < 6; again++) expect(hexOf(hasher, data)).toBe(expected);
  });

  it.each([0, 1, 15, 16, 64])('takes a secret of %i bytes', async (length) => {
    const key = randomBytes(length);
    expect(hexOf(await createHasher('BLAKE2B-256', key), fox)).toBe(await oneShotBlake2b(fox, 256, key));
  });
});

describe('BLAKE3', () => {
  it('stretches a short secret', async () => {
    const hasher = await createHasher('BLAKE3-256', Buffer.from('short'));
    expect(hexOf(hasher, fox)).toBe('1fac5377eb05ef9573b4e8da3c0f6f760e662b08fa958eaa41fae7629926b9fd');
  });

  it.each([
    [0, '2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d'],
    [3, '440aba35cb006b61fc17c0529255de438efc06a8c9ebf3f2ddac3b5a86705797'],
    [64, 'a5c4a7053fa86b64746d4bb688d06ad1f02a18fce9afd3e818fefaa7126bf73e'],
  ])('derives a key from %i bytes as the official test vectors do', (length, key) => {
    const material = Uint8Array.from({ length }, (_, i) => i);
    const derived = deriveBlake3Key('BLAKE3 2019-12-27 16:29:52 test vectors context', material);
    expect(Buffer.from(derived).toString('hex')).toBe(key);
  });

  it('uses the first 32 bytes of a longer secret', async () => {
    const longer = await createHasher('BLAKE3-256', Buffer.concat([secret, Buffer.from('rest')]));
    expect(hexOf(longer, fox)).toBe(hexOf(await createHasher('BLAKE3-256', secret), fox));
  });
});

it.each(['BLAKE2B-512', '', 'toString'])('refuses %j', async (name) => {
  await expect(createHasher(name, secret)).rejects.toMatchObject({ code: 'ALGORITHM_UNKNOWN' });
});
