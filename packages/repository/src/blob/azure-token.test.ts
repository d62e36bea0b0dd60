import { inspect } from 'node:util';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasOpenSsl, startUntrustedServer, type UntrustedServer } from '../../../../test/rigs/certificate.ts';
import { startTunnel, type Tunnel } from '../../../../test/rigs/tunnel.ts';
import { createAzureStorage } from './azure.ts';
import { decodeAzureOptions } from './azure-options.ts';
import { processEnvironment } from './environment.ts';

const SECRET = 'hush';
const NO_BLOBS =
  '<?xml version="1.0"?><EnumerationResults ContainerName="c"><Blobs /><NextMarker /></EnumerationResults>';

type Answer = (response: ServerResponse) => void;
const json =
  (status: number, body: object): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const refusing = (status: number): Answer =>
  json(status, { error: 'e', error_description: 'AADSTS7000215: Invalid client secret.\r\nTrace ID: 1' });
const reset: Answer = (response) => response.socket?.destroy();
const silent: Answer = () => undefined;

describe.skipIf(!hasOpenSsl)(`tokens of Azure${hasOpenSsl ? '' : ' [skipped: no openssl on PATH]'}`, () => {
  let server: UntrustedServer;
  let tunnel: Tunnel;
  /** What the token service does first, before it gives a token. */
  let failures: Answer[] = [];
  let tokenRequests = 0;

  beforeAll(async () => {
    server = await startUntrustedServer((request, response) => {
      if (isForToken(request)) {
        tokenRequests++;
        const give = json(200, { token_type: 'Bearer', expires_in: 3600, access_token: 'token' });
        return (failures.shift() ?? give)(response);
      }
      return response.writeHead(200, { 'content-type': 'application/xml' }).end(NO_BLOBS);
    });
    tunnel = await startTunnel(Number(server.endpoint.split(':')[1]));
    // Microsoft's names lead to our server.
    vi.stubEnv('HTTPS_PROXY', tunnel.url);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    vi.stubEnv('no_proxy', undefined);
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  });
  beforeEach(() => {
    [failures, tokenRequests] = [[], 0];
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    tunnel.stop();
    server.stop();
  });

  const open = (stallMs = 60_000) => {
    const principal = { TenantID: 'tenant', ClientID: 'client', ClientSecret: SECRET };
    const config = {
      container: 'c',
      storageAccount: 'a',
      endpoint: `https://${server.endpoint}`,
      ...principal,
    };
    return createAzureStorage(decodeAzureOptions(config), 'read-only', { ...processEnvironment, stallMs });
  };

  it('are asked for once', async () => {
    const storage = await open();
    expect(
      await Promise.all([Array.fromAsync(storage.list('p')), Array.fromAsync(storage.list('q'))]),
    ).toEqual([[], []]);
    expect(tokenRequests).toBe(1);
  });

  it.each([
    ['breaks the connection', reset],
    ['is busy', refusing(503)],
    ['is asked too often', refusing(429)],
  ])('are asked for again when the service %s', async (_, failure) => {
    // The libraries would stop after four requests by themselves.
    failures = [failure, failure, failure, failure];
    await open();
    expect(tokenRequests).toBe(5);
  });

  it('are asked for again when nothing comes', async () => {
    failures = [silent];
    await open(200);
    expect(tokenRequests).toBe(2);
  });

  it('that are refused are asked for once, and why is told', async () => {
    failures = [refusing(401)];
    await expect(open()).rejects.toMatchObject({
      code: 'STORAGE_DENIED',
      message:
        'getting credentials failed: the token service login.microsoftonline.com said 401 AADSTS7000215: Invalid client secret.',
    });
    expect(tokenRequests).toBe(1);
  });

  it('that never come fail with the cause, not with the secret', async () => {
    failures = Array.from({ length: 100 }, () => reset);
    const failure = await open().catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringMatching(/the token service login\.microsoftonline\.com: .*ECONNRESET/),
    });
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain(SECRET);
  });
});

function isForToken({ method }: IncomingMessage): boolean {
  return method === 'POST';
}
