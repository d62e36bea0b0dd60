import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTunnel } from '../../../../test/rigs/tunnel.ts';
import { parseBlobId } from './blob-id.ts';
import { processEnvironment, type StorageEnvironment } from './environment.ts';
import { decodeS3Options } from './s3-options.ts';
import { createS3Storage } from './s3.ts';

const hasOpenSsl = spawnSync('openssl', ['version']).status === 0;

describe.skipIf(!hasOpenSsl)(`S3 over TLS${hasOpenSsl ? '' : ' [skipped: no openssl on PATH]'}`, () => {
  let server: Server;
  let port = 0;
  let directory = '';
  let certificate = '';
  let payloads: unknown[] = [];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-tls-'));
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    const files = ['-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files, ...subject], {
      stdio: 'ignore',
    });
    certificate = readFileSync(cert, 'utf8');
    server = createServer({ key: readFileSync(key), cert: certificate }, (request, response) => {
      payloads.push(request.headers['x-amz-content-sha256']);
      const isForToken = request.method === 'POST';
      void request.toArray().then((body) => {
        response.writeHead(request.method === 'GET' ? 404 : 200).end(isForToken ? sessionFor(body) : '');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    port = address !== null && typeof address === 'object' ? address.port : 0;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const open = (
    changes: Readonly<Record<string, unknown>>,
    env: StorageEnvironment['env'] = processEnvironment.env,
  ) => {
    const place = { bucket: 'b', endpoint: `127.0.0.1:${port}`, accessKeyID: 'id', secretAccessKey: 'key' };
    const quiet = { ...processEnvironment, env, warn: () => undefined };
    return createS3Storage(decodeS3Options({ ...place, ...changes }), 'create', quiet);
  };

  it('refuses a certificate that nobody vouches for', async () => {
    await expect(open({})).rejects.toMatchObject({
      code: 'STORAGE_UNTRUSTED',
      message: expect.stringContaining('rootCA'),
    });
  });

  it('trusts the authority it is given, or anybody when told to', async () => {
    await (await open({ rootCA: Buffer.from(certificate).toString('base64') })).close();
    await (await open({ doNotVerifyTLS: true })).close();
  });

  describe.each([
    ['assumed role', {}],
    ['web identity', { webIdentityToken: 'token', accessKeyID: '', secretAccessKey: '' }],
  ])('%s', (_, options) => {
    const role = { roleARN: 'arn:aws:iam::1:role/backup', ...options };
    const own = () => ({ ...role, roleEndpoint: `https://127.0.0.1:${port}` });
    const trusted = () => ({ rootCA: Buffer.from(certificate).toString('base64') });

    it('is asked of the service that the bucket is trusted for', async () => {
      await (await open({ ...own(), ...trusted() })).close();
      await (await open({ ...own(), doNotVerifyTLS: true })).close();
    });

    it('is asked of no service that nobody vouches for', async () => {
      const untrusted = { code: 'STORAGE_UNTRUSTED', message: expect.stringContaining('the token service') };
      await expect(open(own())).rejects.toMatchObject(untrusted);
      // It would be led to our server, and be given to it.
      const proxy = await startTunnel(port);
      const asked = open(
        { ...role, doNotVerifyTLS: true },
        { HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1' },
      );
      await expect(asked).rejects.toMatchObject(untrusted);
      proxy.stop();
    });
  });

  it('leaves the protection of bodies in shared memory to the connection', async () => {
    payloads = [];
    const storage = await open({ doNotVerifyTLS: true });
    const part = new Uint8Array(new SharedArrayBuffer(3 << 20)).fill(1);
    await storage.put(parseBlobId('p1'), [part, part.subarray(5)]);
    expect(payloads.at(-1)).toBe('UNSIGNED-PAYLOAD');
    await storage.close();
  });
});

/** What STS answers to a request for a session. */
function sessionFor(body: readonly Buffer[]): string {
  const action = new URLSearchParams(Buffer.concat(body).toString()).get('Action');
  const key = '<AccessKeyId>id</AccessKeyId><SecretAccessKey>key</SecretAccessKey>';
  const session = `${key}<SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>`;
  const result = `<${action}Result><Credentials>${session}</Credentials></${action}Result>`;
  return `<${action}Response>${result}</${action}Response>`;
}
