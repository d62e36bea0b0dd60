import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as httpRequest,
  type ServerResponse,
} from 'node:http';
import { once } from 'node:events';
import { systemClock } from '@holdfast/repository';

/** What goes wrong with one request. */
export type ProxyFault =
  /** The connection is reset; the server never sees the request. */
  | 'reset-before'
  /** The server does what it is asked; then the connection is reset instead of an answer. */
  | 'reset-after'
  /** 500, without effect. */
  | 'error-500'
  /** 503 SlowDown, without effect. */
  | 'slow-down'
  /** The answer's body ends in the middle, with its connection. */
  | 'truncated-body'
  /** The answer's body stops in the middle, and nothing more comes. */
  | 'stalled-body'
  /** The answer's body is one byte short, and so is the length it gives. */
  | 'wrong-length'
  /** A listing as it was answered before, up to 10 s ago. */
  | 'stale-list'
  /** 200 for a PUT that is not stored. */
  | 'lost-put';

/** A request that passes. */
export interface PassingRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
}

/** How a proxy behaves. */
export interface ProxyOptions {
  /** `host:port` it passes requests on to. */
  readonly upstream: string;
  /** Added to each request. */
  readonly latencyMs?: number;
  /** What goes wrong with this request, if anything. */
  readonly faultOf?: (request: PassingRequest) => ProxyFault | undefined;
  /** What the proxy answers by itself, instead of passing the request on. */
  readonly answerOf?: (request: PassingRequest) => ProxyAnswer | undefined;
  /** Headers of an answer, as changed on the way. */
  readonly changeHeaders?: (headers: IncomingHttpHeaders) => IncomingHttpHeaders;
}

/** An answer to a request. */
export interface ProxyAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A proxy in front of an object store. */
export interface FaultyProxy {
  /** `host:port` to send requests to. */
  readonly endpoint: string;
  /** How often each fault happened. */
  readonly counts: ReadonlyMap<ProxyFault | 'none', number>;
  stop(): Promise<void>;
}

/** Starts a proxy on loopback. Requests pass unchanged, so that their signatures stay valid. */
export async function startFaultyProxy(options: ProxyOptions): Promise<FaultyProxy> {
  const counts = new Map<ProxyFault | 'none', number>();
  const listings: Listings = new Map();
  const server = createServer((request, response) => {
    const passing = { method: request.method ?? 'GET', url: request.url ?? '/' };
    const wanted = options.faultOf?.(passing);
    const fault = wanted !== undefined && applies(wanted, passing, listings) ? wanted : undefined;
    counts.set(fault ?? 'none', (counts.get(fault ?? 'none') ?? 0) + 1);
    const exchange = { request, response, fault, passing, options, listings };
    serve(exchange).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    endpoint: `127.0.0.1:${address.port}`,
    counts,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Faults that come by chance, the same for the same seed. `rate` is the share of requests that have one. */
export function seededFaults(
  seed: number,
  rate: number,
  kinds: readonly ProxyFault[],
): (request: PassingRequest) => ProxyFault | undefined {
  let state = seed >>> 0;
  const next = (): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => (next() < rate ? kinds[Math.floor(next() * kinds.length)] : undefined);
}

const STALE_MS = 10_000;

/** The oldest answer to each listing that is not too old. */
type Listings = Map<string, { readonly answer: ProxyAnswer; readonly timeMs: number }>;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly fault: ProxyFault | undefined;
  readonly passing: PassingRequest;
  readonly options: ProxyOptions;
  readonly listings: Listings;
}

/** Some faults only happen to some requests. */
function applies(fault: ProxyFault, { method, url }: PassingRequest, listings: Listings): boolean {
  if (fault === 'lost-put') return method === 'PUT';
  if (fault === 'stale-list') return freshEnough(listings, url) !== undefined;
  if (fault === 'truncated-body' || fault === 'stalled-body' || fault === 'wrong-length')
    return method === 'GET';
  return true;
}

async function serve({ request, response, fault, passing, options, listings }: Exchange): Promise<void> {
  await systemClock.sleep(options.latencyMs ?? 0);
  const own = options.answerOf?.(passing);
  if (own !== undefined) return await answerAtOnce(request, response, own);
  if (fault === 'reset-before') return void request.socket.resetAndDestroy();
  if (fault === 'error-500') return await refuse(request, response, 500, 'InternalError');
  if (fault === 'slow-down') return await refuse(request, response, 503, 'SlowDown');
  const stale = fault === 'stale-list' ? freshEnough(listings, passing.url) : undefined;
  if (stale !== undefined) return send(response, stale);
  if (fault === 'lost-put') return await pretend(request, response);
  const answer = await passOn(request, options);
  remember(listings, passing, answer);
  if (fault === 'reset-after') return void request.socket.resetAndDestroy();
  if (fault === 'wrong-length') return send(response, { ...answer, body: answer.body.subarray(0, -1) });
  if (fault === 'truncated-body' || fault === 'stalled-body') return sendHalf(response, answer, fault);
  send(response, answer, request.method);
}

async function passOn(
  request: IncomingMessage,
  { upstream, changeHeaders }: ProxyOptions,
): Promise<ProxyAnswer> {
  const [host, port] = upstream.split(':');
  const passed = httpRequest({
    host,
    port,
    method: request.method,
    path: request.url,
    headers: request.headers,
  });
  const answered = once(passed, 'response');
  request.pipe(passed);
  // A cast: `once` knows no event types.
  const [answer] = (await answered) as [IncomingMessage];
  const body = Buffer.concat(await answer.toArray());
  const headers = changeHeaders?.(answer.headers) ?? answer.headers;
  return { status: answer.statusCode ?? 502, headers, body };
}

function send(response: ServerResponse, { status, headers, body }: ProxyAnswer, method = 'GET'): void {
  const { 'transfer-encoding': _chunked, ...others } = headers;
  // The answer to HEAD has the length of what it leaves out.
  const length =
    method === 'HEAD' || status === 204 || status === 304 ? {} : { 'content-length': String(body.length) };
  response.writeHead(status, { ...others, ...length });
  response.end(body);
}

function sendHalf(
  response: ServerResponse,
  answer: ProxyAnswer,
  fault: 'truncated-body' | 'stalled-body',
): void {
  const { 'transfer-encoding': _chunked, ...headers } = answer.headers;
  response.writeHead(answer.status, { ...headers, 'content-length': String(answer.body.length) });
  response.write(answer.body.subarray(0, answer.body.length >> 1), () => {
    if (fault === 'truncated-body') response.destroy();
  });
}

async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: string,
): Promise<void> {
  const body = Buffer.from(
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>on purpose</Message></Error>`,
  );
  await answerAtOnce(request, response, { status, headers: { 'content-type': 'application/xml' }, body });
}

async function answerAtOnce(
  request: IncomingMessage,
  response: ServerResponse,
  answer: ProxyAnswer,
): Promise<void> {
  await request.resume().toArray();
  send(response, answer, request.method);
}

async function pretend(request: IncomingMessage, response: ServerResponse): Promise<void> {
  await request.toArray();
  send(response, {
    status: 200,
    headers: { etag: '"00000000000000000000000000000000"' },
    body: Buffer.alloc(0),
  });
}

function remember(listings: Listings, { method, url }: PassingRequest, answer: ProxyAnswer): void {
  if (method !== 'GET' || !url.includes('list-type=2') || freshEnough(listings, url) !== undefined) return;
  listings.set(url, { answer, timeMs: systemClock.nowMs() });
}

function freshEnough(listings: Listings, url: string): ProxyAnswer | undefined {
  const known = listings.get(url);
  return known !== undefined && systemClock.nowMs() - known.timeMs < STALE_MS ? known.answer : undefined;
}
