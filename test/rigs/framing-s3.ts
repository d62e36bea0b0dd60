import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A service that keeps the framing of a request as if it were part of the body, as some did with `aws-chunked`. */
export interface FramingS3 {
  /** `host:port` */
  readonly endpoint: string;
  /** What it keeps, by path. */
  readonly objects: ReadonlyMap<string, Buffer>;
  stop(): void;
}

/** Starts one on loopback, which lets everybody in and lists nothing. */
export async function startFramingS3(): Promise<FramingS3> {
  const objects = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    void answer(objects, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    endpoint: `127.0.0.1:${address.port}`,
    objects,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const LISTING = '<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';

async function answer(
  objects: Map<string, Buffer>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = Buffer.concat(await request.toArray());
  const { pathname, search } = new URL(request.url ?? '/', 'http://host');
  if (request.method === 'PUT') {
    const signature = 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648';
    const start = `${body.length.toString(16)};chunk-signature=${signature}\r\n`;
    objects.set(pathname, Buffer.concat([Buffer.from(start), body, Buffer.from('\r\n0;\r\n\r\n')]));
    return void response.end();
  }
  if (request.method === 'DELETE') {
    objects.delete(pathname);
    return void response.writeHead(204).end();
  }
  if (search.includes('list-type=2')) return void response.end(LISTING);
  sendObject(request, response, objects.get(pathname));
}

function sendObject({ method, headers }: IncomingMessage, response: ServerResponse, object?: Buffer): void {
  if (object === undefined) return void response.writeHead(404).end();
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const [start, end] = [
    Number(from ?? 0),
    Math.min(Number(to ?? '') || object.length - 1, object.length - 1),
  ];
  const part = object.subarray(start, end + 1);
  response.writeHead(from === undefined ? 200 : 206, {
    'content-length': part.length,
    'content-range': `bytes ${start}-${end}/${object.length}`,
    'last-modified': new Date(0).toUTCString(),
  });
  response.end(method === 'HEAD' ? undefined : part);
}
