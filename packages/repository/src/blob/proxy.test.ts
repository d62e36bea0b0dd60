import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openStorage } from './drivers.ts';
import { processEnvironment } from './environment.ts';
import { decodeS3Options } from './s3-options.ts';
import { createS3Storage } from './s3.ts';

let proxy: Server;
let address = '';
let asked: string[] = [];
/** What the proxy says to everything; '' to say nothing. */
let answer = '';

beforeEach(async () => {
  asked = [];
  proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(407).end('<html><body>Who are you?<p></html>');
  });
  proxy.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.on('error', () => undefined);
    socket.end(answer);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const bound = proxy.address();
  address = `127.0.0.1:${bound !== null && typeof bound === 'object' ? bound.port : 0}`;
});
afterEach(() => {
  proxy.closeAllConnections();
  proxy.close();
});

const open = (env: Readonly<Record<string, string>>, config: Readonly<Record<string, unknown>> = {}) => {
  const place = { bucket: 'b', endpoint: 's3.example.test', accessKeyID: 'id', secretAccessKey: 'key' };
  const quiet = { ...processEnvironment, warn: () => undefined, env };
  return createS3Storage(decodeS3Options({ ...place, ...config }), 'create', quiet);
};

it.each([
  ['HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n', /the proxy does not connect to it \(503\)/],
  ['', /the proxy broke the connection/],
])('a proxy that may connect later (%j) is tried again', async (said, message) => {
  answer = said;
  const opening = open({ HTTPS_PROXY: `http://user:secret@${address}` });
  await expect(opening).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: expect.stringMatching(message),
  });
  await expect(opening).rejects.toMatchObject({ message: expect.not.stringContaining('secret') });
  expect(asked.length).toBeGreaterThan(1);
  expect(new Set(asked)).toEqual(new Set(['CONNECT s3.example.test:443']));
});

it.each([
  [407, /the proxy wants credentials/],
  [403, /the proxy does not connect to it \(403\)/],
])('a proxy that refuses (%d) is asked once', async (status, message) => {
  answer = `HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`;
  await expect(open({ HTTPS_PROXY: `http://${address}` })).rejects.toMatchObject({
    code: 'STORAGE_DENIED',
    message: expect.stringMatching(message),
  });
  expect(asked).toHaveLength(1);
});

it('a proxy that wants credentials says so for plain HTTP too, whatever it sends', async () => {
  await expect(open({ HTTP_PROXY: `http://${address}` }, { doNotUseTLS: true })).rejects.toMatchObject({
    code: 'STORAGE_DENIED',
    message: expect.stringMatching(/the proxy wants credentials \(407\).*host:port$/),
  });
});

it('a proxy without a scheme is one all the same', async () => {
  answer = 'HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n';
  await expect(open({ HTTPS_PROXY: address })).rejects.toMatchObject({ code: 'STORAGE_DENIED' });
  expect(asked).toEqual(['CONNECT s3.example.test:443']);
});

it.each([
  ['assumed role', {}],
  ['web identity', { webIdentityToken: 'token', accessKeyID: '', secretAccessKey: '' }],
])('is asked for the token service as well: %s', async (_, options) => {
  answer = 'HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n';
  const role = { roleARN: 'arn:aws:iam::1:role/backup', roleRegion: 'eu-central-1', ...options };
  await expect(open({ HTTPS_PROXY: `http://${address}` }, role)).rejects.toMatchObject({
    code: 'STORAGE_DENIED',
    message: expect.stringMatching(/the token service of Amazon.*the proxy does not connect/),
  });
  expect(asked).toEqual(['CONNECT sts.eu-central-1.amazonaws.com:443']);
});

it('is not asked for what is on this machine', async () => {
  // What takes itself for a proxy is the storage as well.
  const here = { doNotUseTLS: true, endpoint: address };
  await expect(open({ HTTP_PROXY: `http://${address}` }, here)).rejects.toThrow();
  expect(asked).toEqual([expect.stringMatching(/^GET \/b\//)]);
});

it('ALL_PROXY is one where there is no other', async () => {
  answer = 'HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n';
  await expect(open({ ALL_PROXY: `http://${address}` })).rejects.toMatchObject({ code: 'STORAGE_DENIED' });
  expect(asked).toEqual(['CONNECT s3.example.test:443']);
});

it.each([
  ['the bucket', {}],
  ['the token service', { roleARN: 'arn:aws:iam::1:role/backup', endpoint: 'localhost:1' }],
])('a proxy for SOCKS is refused, not passed over, for %s', async (_, config) => {
  await expect(open({ HTTPS_PROXY: `socks5://user:secret@${address}` }, config)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/^(?!.*secret)the proxy in \$HTTPS_PROXY is one for socks5/),
  });
});

const OTHERS = [
  [
    'azureBlob',
    { container: 'c', storageAccount: 'account', storageKey: 'a2V5', endpoint: 'https://azure.example.test' },
  ],
  [
    'gcs',
    {
      bucket: 'b',
      credentials: { type: 'authorized_user', client_id: 'i', client_secret: 's', refresh_token: 't' },
    },
  ],
] as const;

it.each(OTHERS)('a proxy without a scheme is one for %s too', async (type, config) => {
  vi.stubEnv('HTTPS_PROXY', address);
  vi.stubEnv('NO_PROXY', '');
  vi.stubEnv('no_proxy', '');
  answer = 'HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n';
  await expect(openStorage({ type, config }, 'create')).rejects.toMatchObject({
    code: 'STORAGE_DENIED',
    message: expect.stringMatching(/the proxy wants credentials/),
  });
  vi.unstubAllEnvs();
  expect(asked[0]).toMatch(/^CONNECT /);
});

it.each(OTHERS)('a proxy for SOCKS is refused for %s too', async (type, config) => {
  vi.stubEnv('HTTPS_PROXY', undefined);
  vi.stubEnv('HTTP_PROXY', `socks5://${address}`);
  await expect(openStorage({ type, config }, 'create')).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/^the proxy in \$HTTP_PROXY is one for socks5/),
  });
  vi.unstubAllEnvs();
});
