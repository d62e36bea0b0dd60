import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openStorage } from './drivers.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-gcs-'));
  vi.stubEnv('HOME', home);
  vi.stubEnv('CLOUDSDK_CONFIG', home);
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined);
  vi.stubEnv('STORAGE_EMULATOR_HOST', undefined);
  // No request to what would be the metadata server of a machine at Google.
  vi.stubEnv('METADATA_SERVER_DETECTION', 'none');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

const open = (config: object = {}) =>
  openStorage({ type: 'gcs', config: { bucket: 'b', ...config } }, 'read-only');

it('says how to give credentials where there are none', async () => {
  await expect(open()).rejects.toMatchObject({
    code: 'STORAGE_DENIED',
    message: expect.stringMatching(
      /^no Google credentials were found: give .*GOOGLE_APPLICATION_CREDENTIALS/,
    ),
  });
});

it('names a file of credentials that is not there', async () => {
  await expect(open({ credentialsFile: '/nowhere/key.json' })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('/nowhere/key.json cannot be read (ENOENT)'),
  });
});

it('names a file of credentials that is not JSON, and shows nothing of it', async () => {
  const credentialsFile = join(home, 'key.json');
  writeFileSync(credentialsFile, 'hush, this is private');
  const opening = open({ credentialsFile });
  await expect(opening).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/^(?!.*hush).*key\.json are not JSON/),
  });
  await expect(opening).rejects.not.toHaveProperty('cause');
});

it.each(['credentials', 'credentialsFile'])(
  'says, and no more, that a private key cannot be used: %s',
  async (member) => {
    const warn = vi.spyOn(console, 'warn');
    const credentials = { type: 'service_account', client_email: 'a@b', private_key: 'hush' };
    const credentialsFile = join(home, 'key.json');
    writeFileSync(credentialsFile, JSON.stringify(credentials));
    await expect(
      open(member === 'credentials' ? { credentials } : { credentialsFile }),
    ).rejects.toMatchObject({
      code: 'STORAGE_DENIED',
      message: expect.stringMatching(/^the private key of the Google credentials cannot be used/),
    });
    expect(warn).not.toHaveBeenCalled();
  },
);
