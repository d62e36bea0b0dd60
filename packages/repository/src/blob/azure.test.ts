import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAzureStorage } from './azure.ts';
import { decodeAzureOptions } from './azure-options.ts';
import { parseBlobId } from './blob-id.ts';
import type { BlobStorage } from './storage.ts';

/** What Azurite doesn't have, as Azure documents it. */
interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

let server: Server;
let port = 0;
let seen: { readonly line: string; readonly policy: string | undefined }[] = [];
let reply: (line: string) => Reply = () => ({ status: 200 });

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    void request.toArray().then(() => {
      const line = `${request.method} ${request.url}`;
      const { status, headers, body = '' } = line.includes('comp=list') ? NO_BLOBS : reply(line);
      const policy = request.headers['x-ms-immutability-policy-mode'];
      if (!line.includes('comp=list')) seen.push({ line, policy: policy?.toString() });
      response.writeHead(status, { 'content-length': String(body.length), ...headers }).end(body);
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

const NO_BLOBS: Reply = {
  status: 200,
  headers: { 'content-type': 'application/xml', date: new Date().toUTCString() },
  body: '<?xml version="1.0"?><EnumerationResults ContainerName="c"><Blobs /><NextMarker /></EnumerationResults>',
};
const LOCKED: Reply = { status: 409, headers: { 'x-ms-error-code': 'BlobImmutableDueToPolicy' } };
const P1 = parseBlobId('p1');

async function open(): Promise<BlobStorage> {
  const storageKey = Buffer.from('key').toString('base64');
  const endpoint = `http://127.0.0.1:${port}/a`;
  const config = { container: 'c', prefix: 'p/', storageAccount: 'a', storageKey, endpoint };
  return await createAzureStorage(decodeAzureOptions(config), 'create');
}

it('hides a locked blob behind a version that it unlocks and deletes', async () => {
  let isLocked = true;
  reply = (line) => {
    if (line.startsWith('PUT')) return { status: 201, headers: { 'x-ms-version-id': 'v2' } };
    if (line.includes('comp=immutabilityPolicies')) isLocked = false;
    else if (isLocked) return LOCKED;
    return { status: line.includes('comp=immutabilityPolicies') ? 200 : 202 };
  };
  await (await open()).delete(P1);
  expect(seen).toEqual([
    { line: 'DELETE /a/c/p/p1', policy: undefined },
    { line: 'PUT /a/c/p/p1', policy: 'Unlocked' },
    { line: 'DELETE /a/c/p/p1?comp=immutabilityPolicies', policy: undefined },
    { line: 'DELETE /a/c/p/p1', policy: undefined },
    { line: 'DELETE /a/c/p/p1?versionid=v2', policy: undefined },
  ]);
});

it('says that a blob is locked where there are no versions', async () => {
  reply = () => LOCKED;
  await expect((await open()).delete(P1)).rejects.toMatchObject({ code: 'BLOB_LOCKED' });
  expect(seen).toHaveLength(2);
});

it('is content when the version that it put stays', async () => {
  let deletions = 0;
  reply = (line) => {
    if (line.startsWith('PUT')) return { status: 201, headers: { 'x-ms-version-id': 'v2' } };
    if (line.includes('comp=immutabilityPolicies')) return { status: 200 };
    return [LOCKED, { status: 202 }, { status: 403 }][deletions++] ?? { status: 500 };
  };
  await (await open()).delete(P1);
  expect(deletions).toBe(3);
});
