import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseBlobId } from './blob-id.ts';
import { processEnvironment } from './environment.ts';
import { decodeS3Options } from './s3-options.ts';
import { createS3Storage } from './s3.ts';

/** What real services don't show: how requests look. Behaviour is tested on those. */
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

let server: Server;
let port = 0;
let seen: Seen[] = [];
let reply: (request: Seen) => Reply = () => ({ status: 200 });

const MISSING: Reply = { status: 404, body: '<Error><Code>NoSuchKey</Code><Message>none</Message></Error>' };

beforeEach(async () => {
  seen = [];
  reply = ({ method }) => (method === 'GET' ? MISSING : { status: 200 });
  server = createServer((request, response) => {
    void request.toArray().then((chunks: Buffer[]) => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks) };
      seen.push(one);
      const { status, headers: own, body = '' } = reply(one);
      response.writeHead(status, { 'content-length': String(body.length), ...own }).end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = address !== null && typeof address === 'object' ? address.port : 0;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function open(changes: Readonly<Record<string, unknown>> = {}, environment = processEnvironment) {
  const keys = { accessKeyID: 'id', secretAccessKey: 'key' };
  const config = {
    bucket: 'b',
    prefix: 'p/',
    endpoint: `127.0.0.1:${port}`,
    doNotUseTLS: true,
    ...keys,
    ...changes,
  };
  return await createS3Storage(decodeS3Options(config), 'create', environment);
}

it('writes in one plain request, as kopia does', async () => {
  reply = ({ method }) =>
    method === 'PUT'
      ? { status: 200 }
      : { status: 200, body: '{"blobOptions":[{"prefix":"p","storageClass":"STANDARD_IA"}]}' };
  const storage = await open({ sessionToken: 'session' });
  const parts = [Buffer.from('one '), new Uint8Array(), Buffer.from('two')];
  await storage.put(parseBlobId('p1'), parts);
  const put = seen.at(-1);
  const digest = (algorithm: string) => createHash(algorithm).update('one two').digest();
  expect(put).toMatchObject({ method: 'PUT', url: '/b/p/p1?x-id=PutObject', body: Buffer.from('one two') });
  expect(put?.headers).toMatchObject({
    'content-length': '7',
    'content-type': 'application/x-kopia',
    'content-md5': digest('md5').toString('base64'),
    'x-amz-content-sha256': digest('sha256').toString('hex'),
    'x-amz-storage-class': 'STANDARD_IA',
    'x-amz-security-token': 'session',
  });
  const surplus = Object.keys(put?.headers ?? {}).filter((name) =>
    /^(expect|transfer-encoding|content-encoding|x-amz-trailer|x-amz-checksum.*|x-amz-sdk-checksum.*)$/.test(
      name,
    ),
  );
  expect(surplus).toEqual([]);
});

it('asks the service to encrypt what .storageconfig says, in signed headers', async () => {
  const rule = { prefix: 'p', sse: 'aws:kms', sseKmsKeyId: 'arn:aws:kms:r:1:key/k' };
  reply = ({ method }) => ({
    status: 200,
    body: method === 'GET' ? JSON.stringify({ blobOptions: [rule] }) : '',
  });
  const storage = await open();
  await storage.put(parseBlobId('p1'), []);
  const { authorization, ...headers } = seen.at(-1)?.headers ?? {};
  expect(headers).toMatchObject({
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': rule.sseKmsKeyId,
  });
  expect(authorization).toMatch(
    /SignedHeaders=[^,]*x-amz-server-side-encryption;x-amz-server-side-encryption-aws-kms-key-id/,
  );
  await storage.put(parseBlobId('q1'), []);
  expect(seen.at(-1)?.headers).not.toHaveProperty('x-amz-server-side-encryption');
});

it('locks for the period from now on', async () => {
  const storage = await open();
  const nowMs = processEnvironment.clock.nowMs();
  await storage.put(parseBlobId('p1'), [], { retention: { mode: 'COMPLIANCE', periodMs: 3_600_000 } });
  const headers = seen.at(-1)?.headers ?? {};
  expect(headers['x-amz-object-lock-mode']).toBe('COMPLIANCE');
  const untilMs = Date.parse(String(headers['x-amz-object-lock-retain-until-date']));
  expect(Math.abs(untilMs - nowMs - 3_600_000)).toBeLessThan(10_000);
});

it.each([
  [{ status: 400, body: '<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-x-1</Region></Error>' }],
  [{ status: 301, headers: { 'x-amz-bucket-region': 'eu-x-1' } }],
])('goes to the region that the service names: %j', async (answer) => {
  reply = ({ headers }) => (headers.authorization?.includes('/eu-x-1/') === true ? MISSING : answer);
  await open();
  expect(seen).toHaveLength(2);
  await expect(open({ region: 'us-east-1' })).rejects.toMatchObject({
    code: expect.stringMatching(/^STORAGE_/),
  });
});

it('puts the bucket where it is told to', async () => {
  await open({ addressing: 'path' });
  expect(seen.at(-1)?.url).toMatch(/^\/b\/p\/\.storageconfig/);
  const refused = open({ addressing: 'virtual', endpoint: `localhost.invalid:${port}` });
  await expect(refused).rejects.toMatchObject({ code: 'STORAGE_FAILED', detail: { errno: 'ENOTFOUND' } });
});

it('takes the proxy of the environment', async () => {
  const environment = { ...processEnvironment, env: { HTTP_PROXY: `http://127.0.0.1:${port}` } };
  await open({ endpoint: 'storage.example' }, environment);
  expect(seen.at(-1)?.url).toMatch(/^http:\/\/storage\.example\/b\/p\//);
});

it('says that a session has expired', async () => {
  reply = () => ({ status: 400, body: '<Error><Code>ExpiredToken</Code><Message>old</Message></Error>' });
  await expect(open()).rejects.toMatchObject({
    code: 'STORAGE_DENIED',
    message: expect.stringContaining('get a new one'),
  });
});

it('warns once when certificates are not verified', async () => {
  const warnings: string[] = [];
  const environment = { ...processEnvironment, warn: (message: string) => void warnings.push(message) };
  await open({ doNotVerifyTLS: true }, environment);
  await open({ doNotVerifyTLS: true, prefix: 'q/' }, environment);
  expect(warnings).toEqual([`the certificate of 127.0.0.1:${port} is not verified`]);
});

it('assumes a role with the web identity of a file', async () => {
  reply = ({ url, method, body }) => {
    if (method !== 'POST' || url !== '/') return MISSING;
    expect(body.toString()).toMatch(/Action=AssumeRoleWithWebIdentity.*WebIdentityToken=the-token/);
    return { status: 200, headers: { 'content-type': 'text/xml' }, body: SESSION };
  };
  await open({
    accessKeyID: '',
    roleARN: 'arn:aws:iam::1:role/backup',
    webIdentityToken: 'the-token',
    roleEndpoint: `http://127.0.0.1:${port}`,
  });
  expect(seen.at(-1)?.headers).toMatchObject({ 'x-amz-security-token': 'their-token' });
});

const SESSION = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>their-id</AccessKeyId><SecretAccessKey>their-key</SecretAccessKey>
<SessionToken>their-token</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>
<AssumedRoleUser><Arn>a</Arn><AssumedRoleId>b</AssumedRoleId></AssumedRoleUser></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>`;
