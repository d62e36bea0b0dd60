import { expect, it } from 'vitest';
import { optionalPackage } from './optional-package.ts';

it('gives what is installed', async () => {
  expect(await optionalPackage('node:path', () => Promise.resolve(1))).toBe(1);
});

it('says what to install, and hides no other failure', async () => {
  const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  await expect(optionalPackage('@azure/identity', () => Promise.reject(missing))).rejects.toMatchObject({
    code: 'STORAGE_UNSUPPORTED',
    message: expect.stringContaining('npm install @azure/identity'),
  });
  const broken = new TypeError('broken');
  await expect(optionalPackage('@azure/identity', () => Promise.reject(broken))).rejects.toBe(broken);
});
