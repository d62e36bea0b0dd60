import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { processEnvironment } from './environment.ts';
import { decodeS3Options } from './s3-options.ts';
import { createS3Storage } from './s3.ts';

const TOKEN = 'their-web-identity';
const ROLE = 'arn:aws:iam::1:role/backup';
const REFUSAL =
  '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not for you</Message></Error></ErrorResponse>';

let server: Server;
let origin = '';
let status = 403;

beforeEach(async () => {
  status = 403;
  server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status, { 'content-type': 'text/xml' }).end(REFUSAL));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  origin = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

const open = (config: Readonly<Record<string, string>>) =>
  createS3Storage(
    decodeS3Options({ bucket: 'b', endpoint: '127.0.0.1:1', ...config }),
    'read-only',
    processEnvironment,
  );

function forgetCredentials(): void {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE'])
    vi.stubEnv(name, undefined);
}

const webIdentity = { roleARN: ROLE, webIdentityToken: TOKEN };
const assumeRole = { roleARN: ROLE, accessKeyID: 'id', secretAccessKey: 'their-secret' };

it.each([
  ['web identity', webIdentity],
  ['assumed role', assumeRole],
])("a refusal to give credentials is not told as the bucket's: %s", async (_, options) => {
  const opening = open({ ...options, roleEndpoint: origin });
  const source = `the token service ${origin} (STS, for role ${ROLE}) said 403`;
  await expect(opening).rejects.toMatchObject({
    code: 'STORAGE_DENIED',
    message: expect.stringContaining(`getting credentials failed: ${source}`),
  });
  await expect(opening).rejects.toMatchObject({ message: expect.not.stringMatching(/their-|bucket/) });
});

it('names the token service that nobody answers at', async () => {
  await expect(open({ ...webIdentity, roleEndpoint: 'http://127.0.0.1:1' })).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: expect.stringMatching(
      /^getting credentials failed: .*http:\/\/127\.0\.0\.1:1 .*\): nothing answers/,
    ),
  });
});

it.each([
  ['web identity', webIdentity],
  ['assumed role', assumeRole],
])(
  'does not wait for ever for the token service: %s',
  async (_, options) => {
    const silent = createServer(() => undefined);
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const config = {
      bucket: 'b',
      endpoint: '127.0.0.1:1',
      ...options,
      roleEndpoint: `http://127.0.0.1:${port}`,
    };
    const opening = createS3Storage(decodeS3Options(config), 'read-only', {
      ...processEnvironment,
      stallMs: 100,
    });
    await expect(opening).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    silent.closeAllConnections();
    silent.close();
  },
  20_000,
);

it('names the file of a token that cannot be read', async () => {
  await expect(open({ roleARN: ROLE, webIdentityTokenFile: '/nowhere/token' })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('/nowhere/token'),
  });
});

it.each([
  ['key or profile', '', /give an access key .*\$AWS_ACCESS_KEY_ID/],
  [
    'session',
    '[profile p]\nsso_start_url=https://x\nsso_region=r\nsso_account_id=1\nsso_role_name=r',
    /run aws sso login/,
  ],
])('says what to do where there is no %s', async (_, profiles, advice) => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-aws-'));
  writeFileSync(join(directory, 'config'), profiles);
  forgetCredentials();
  vi.stubEnv('HOME', directory);
  vi.stubEnv('AWS_CONFIG_FILE', join(directory, 'config'));
  vi.stubEnv('AWS_PROFILE', 'p');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  await expect(open({})).rejects.toMatchObject({
    code: 'STORAGE_DENIED',
    message: expect.stringMatching(advice),
  });
  rmSync(directory, { recursive: true });
});

it('names the file of a token that the environment names and nobody can read', async () => {
  forgetCredentials();
  vi.stubEnv('AWS_ROLE_ARN', ROLE);
  vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', '/nowhere/token');
  await expect(open({})).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('/nowhere/token'),
  });
});

it('tells a refusal to credentials that the environment names', async () => {
  forgetCredentials();
  vi.stubEnv('AWS_ROLE_ARN', ROLE);
  vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', import.meta.filename);
  vi.stubEnv('AWS_ENDPOINT_URL_STS', origin);
  await expect(open({})).rejects.toMatchObject({
    code: 'STORAGE_DENIED',
    message: expect.stringContaining('getting credentials failed: the token service (STS) said 403'),
  });
});
