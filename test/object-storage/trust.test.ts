import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasOpenSsl, startUntrustedServer, type UntrustedServer } from '../rigs/certificate.ts';

const DRIVERS = new URL('../../packages/repository/src/blob/drivers.ts', import.meta.url).href;

/** What opening a storage says, in a process of its own: who is trusted is decided once. */
const OPEN = `
  import { openStorage } from ${JSON.stringify(DRIVERS)};
  openStorage(JSON.parse(process.argv[1]), 'read-only').then(() => 'opened', (error) => error.code)
    .then((outcome) => process.stdout.write(outcome));`;

describe.skipIf(!hasOpenSsl)(`authorities${hasOpenSsl ? '' : ' [skipped: no openssl on PATH]'}`, () => {
  let server: UntrustedServer;
  let directory = '';
  let certificate = '';
  beforeAll(async () => {
    server = await startUntrustedServer();
    directory = await mkdtemp(join(tmpdir(), 'holdfast-trust-'));
    certificate = join(directory, 'authority.pem');
    writeFileSync(certificate, server.certificate);
  });
  afterAll(async () => {
    server.stop();
    await rm(directory, { recursive: true });
  });

  const open = async (location: object, env: Readonly<Record<string, string>>): Promise<string> => {
    const flags = ['--conditions=source', '--input-type=module', '--eval', OPEN];
    const child = spawn(process.execPath, [...flags, JSON.stringify(location)], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [text] = await Promise.all([child.stdout.toArray(), once(child, 'exit')]);
    return text.join('');
  };
  const s3 = () => ({
    type: 's3',
    config: { bucket: 'b', endpoint: server.endpoint, accessKeyID: 'id', secretAccessKey: 'key' },
  });
  const azure = () => ({
    type: 'azureBlob',
    config: {
      container: 'c',
      storageAccount: 'a',
      storageKey: 'a2V5',
      endpoint: `https://${server.endpoint}`,
    },
  });

  it.skipIf(process.platform !== 'linux')('of SSL_CERT_FILE are trusted', async () => {
    expect(await open(s3(), { SSL_CERT_FILE: certificate })).toBe('opened');
    expect(await open(azure(), { SSL_CERT_FILE: certificate })).toBe('STORAGE_NOT_FOUND');
  });

  it.skipIf(process.platform !== 'linux')('of SSL_CERT_DIR are trusted', async () => {
    expect(await open(s3(), { SSL_CERT_DIR: directory })).toBe('opened');
  });

  it('of NODE_EXTRA_CA_CERTS are trusted', async () => {
    expect(await open(s3(), { NODE_EXTRA_CA_CERTS: certificate })).toBe('opened');
  });

  it('that nobody names are not', async () => {
    expect(await open(s3(), {})).toBe('STORAGE_UNTRUSTED');
    expect(await open(azure(), {})).toBe('STORAGE_UNTRUSTED');
  });
});
