import { randomBytes } from 'node:crypto';
import { createCipher, ENCRYPTIONS } from '../../packages/repository/src/encryption/registry.ts';
import { measureKernel } from './measure.ts';

const masterKey = randomBytes(32);
const iv = randomBytes(16);

for (const name of Object.keys(ENCRYPTIONS)) {
  const cipher = createCipher(name, masterKey);
  for (const length of [4 << 20, 100]) {
    const plain = randomBytes(length);
    const stored = new Uint8Array(length + cipher.overhead);
    const encrypt = () => {
      let used = 0;
      cipher.encrypt(plain, iv, {
        write(bytes) {
          stored.set(bytes, used);
          used += bytes.length;
        },
      });
    };
    measureKernel(`encrypt ${name}, ${length} bytes`, length, encrypt);
    measureKernel(`decrypt ${name}, ${length} bytes`, length, () => cipher.decrypt(stored, iv, plain));
  }
}
