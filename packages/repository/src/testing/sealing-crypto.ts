import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

import type { ContentCipher } from '../encryption/cipher.ts';
import { RepositoryError } from '../errors.ts';
import type { SealingCrypto } from '../sealed/sealed-blob.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** HMAC-SHA256-128 and AES256-GCM-HMAC-SHA256 in a few plain lines, for tests that need some crypto, and as the twin of
 *  the real ones. `contentKeySecret` is what content keys are derived from. */
export function createTestCrypto(contentKeySecret: Uint8Array = new Uint8Array(32)): SealingCrypto {
  const keyFor = (iv: Uint8Array): Buffer => createHmac('sha256', contentKeySecret).update(iv).digest();
  const cipher: ContentCipher = {
    overhead: NONCE_BYTES + TAG_BYTES,
    encrypt: (plain, iv, sink) => {
      const nonce = randomBytes(NONCE_BYTES);
      const gcm = createCipheriv('aes-256-gcm', keyFor(iv), nonce).setAAD(iv);
      sink.write(nonce);
      sink.write(gcm.update(plain));
      sink.write(gcm.final());
      sink.write(gcm.getAuthTag());
    },
    decrypt: (stored, iv, out) => {
      const tagAt = stored.length - TAG_BYTES;
      try {
        const decipher = createDecipheriv('aes-256-gcm', keyFor(iv), stored.subarray(0, NONCE_BYTES));
        decipher.setAAD(iv).setAuthTag(stored.subarray(tagAt));
        const plain = decipher.update(stored.subarray(NONCE_BYTES, tagAt));
        decipher.final();
        out.set(plain);
        return plain.length;
      } catch (error) {
        throw new RepositoryError('CONTENT_CORRUPT', 'the tag does not match', {}, error);
      }
    },
    decryptPieces: (iv, sink) => {
      const pieces: Uint8Array[] = [];
      return {
        write: (bytes) => void pieces.push(bytes.slice()),
        finish: () => {
          const stored = Buffer.concat(pieces);
          const plain = Buffer.alloc(stored.length);
          sink.write(plain.subarray(0, cipher.decrypt(stored, iv, plain)));
        },
      };
    },
  };
  return {
    hasher: {
      digestLength: 16,
      hash: (data, out) => {
        out.set(createHmac('sha256', 'test').update(data).digest().subarray(0, 16));
      },
      hashPieces: (pieces, out) => {
        const state = createHmac('sha256', 'test');
        for (const piece of pieces) state.update(piece);
        out.set(state.digest().subarray(0, 16));
      },
    },
    cipher,
    ecc: undefined,
  };
}
