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
      const { status, headers, body = '' } = isOpening(line) ? NO_BLOBS : reply(line);
      const policy = request.headers['x-ms-immutability-policy-mode'];
      if (!isOpening(line)) seen.push({ line, policy: policy?.toString() });
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
const isOpening = (line: string): boolean => line.includes('comp=list') && !line.includes('versions');
const LOCKED: Reply = { status: 409, headers: { 'x-ms-error-code': 'BlobImmutableDueToPolicy' } };
const P1 = parseBlobId('p1');

async function open(changes: Readonly<Record<string, string>> = {}): Promise<BlobStorage> {
  const storageKey = Buffer.from('key').toString('base64');
  const endpoint = `http://127.0.0.1:${port}/a`;
  const config = { container: 'c', prefix: 'p/', storageAccount: 'a', storageKey, endpoint, ...changes };
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

interface Version {
  readonly name: string;
  readonly second: number;
  readonly length?: number;
  /** Second in which it was deleted. */
  readonly deleted?: number;
}

const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}.5000000Z`;

/** A deletion is listed with the time of what was deleted. */
function versionList(versions: readonly Version[]): Reply {
  const blobs = versions.map(({ name, second, length = 0, deleted }) => {
    const time = new Date(`2026-01-01T00:00:${String(second).padStart(2, '0')}Z`).toUTCString();
    return `<Blob><Name>p/${name}</Name><VersionId>${at(deleted ?? second)}</VersionId>
      <Properties><Last-Modified>${time}</Last-Modified><Content-Length>${length}</Content-Length>
      <BlobType>BlockBlob</BlobType></Properties>
      ${deleted === undefined ? '' : '<HasVersionsOnly>true</HasVersionsOnly>'}</Blob>`;
  });
  const body = `<?xml version="1.0"?><EnumerationResults ContainerName="c"><Blobs>${blobs.join('')}</Blobs>
    <NextMarker /></EnumerationResults>`;
  return { ...NO_BLOBS, body };
}

it('shows a container as of an earlier time', async () => {
  const versions: readonly Version[] = [
    { name: 'p1', second: 10, length: 3 },
    { name: 'p1', second: 20, length: 5 },
    { name: 'p2', second: 5, length: 1 },
    { name: 'p2', second: 5, deleted: 30 },
    { name: 'p3', second: 5, length: 1 },
    { name: 'p3', second: 5, deleted: 8 },
    { name: 'p4', second: 40, length: 1 },
  ];
  reply = (line) =>
    line.includes('comp=list')
      ? versionList(
          versions.filter(({ name }) => line.includes(`prefix=p%2F${name}`) || /prefix=p%2F(&|$)/.test(line)),
        )
      : { status: 206, headers: { 'content-range': 'bytes 1-2/3', etag: '"1"' }, body: 'ld' };
  const past = await open({ pointInTime: '2026-01-01T00:00:20Z' });
  const listed = await Array.fromAsync(past.list(''));
  expect(listed.map(({ id, length }) => [id, length])).toEqual([
    ['p1', 3],
    ['p2', 1],
  ]);
  expect(await past.getMetadata(P1)).toEqual(listed[0]);
  expect(Buffer.from(await past.get(P1, { offset: 1, length: 2 })).toString()).toBe('ld');
  expect(seen.at(-1)?.line).toBe(`GET /a/c/p/p1?versionid=${encodeURIComponent(at(10))}`);
  for (const name of ['p3', 'p4'])
    await expect(past.get(parseBlobId(name))).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
  await expect(past.put(P1, [])).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
});

it('asks for no token that it would send without TLS', async () => {
  const principal = { storageKey: '', TenantID: 't', ClientID: 'i', ClientSecret: 'hush' };
  await expect(open(principal)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/service principal.*--disable-tls/),
  });
});
