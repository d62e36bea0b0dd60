import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FaultyProxy, type ProxyFault, seededFaults, startFaultyProxy } from './faulty-proxy.ts';

let upstream: Server;
let upstreamAddress = '';
let seen: string[] = [];
let proxy: FaultyProxy | undefined;

beforeEach(async () => {
  seen = [];
  upstream = createServer((request, response) => {
    void answer(request).then((body) => response.end(body));
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const address = upstream.address();
  upstreamAddress = address !== null && typeof address === 'object' ? `127.0.0.1:${address.port}` : '';
});

afterEach(async () => {
  await proxy?.stop();
  upstream.closeAllConnections();
  upstream.close();
});

async function answer(request: IncomingMessage): Promise<string> {
  const body = Buffer.concat(await request.toArray()).toString();
  seen.push(`${request.method} ${request.url} ${body}`);
  return `answer ${seen.length}`;
}

/** The first request has the fault, the others none. */
async function start(fault: ProxyFault | undefined, latencyMs = 0): Promise<string> {
  const faults = [fault];
  proxy = await startFaultyProxy({ upstream: upstreamAddress, latencyMs, faultOf: () => faults.shift() });
  return `http://${proxy.endpoint}/key?list-type=2`;
}

describe('a proxy without faults', () => {
  it('passes requests and answers unchanged, after a while', async () => {
    const url = await start(undefined, 50);
    const begin = performance.now();
    expect(await (await fetch(url, { method: 'PUT', body: 'abc' })).text()).toBe('answer 1');
    expect(performance.now() - begin).toBeGreaterThan(45);
    expect(seen).toEqual(['PUT /key?list-type=2 abc']);
    expect(proxy?.counts.get('none')).toBe(1);
  });
});

describe('a proxy with a fault', () => {
  it.each(['reset-before', 'reset-after'] as const)('%s', async (fault) => {
    const url = await start(fault);
    await expect(fetch(url, { method: 'PUT', body: 'abc' })).rejects.toThrow('fetch failed');
    expect(seen).toHaveLength(fault === 'reset-before' ? 0 : 1);
  });

  it.each([
    ['error-500', 500, 'InternalError'],
    ['slow-down', 503, 'SlowDown'],
  ] as const)('%s', async (fault, status, code) => {
    const response = await fetch(await start(fault), { method: 'PUT', body: 'abc' });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(`<Code>${code}</Code>`);
    expect(seen).toEqual([]);
  });

  it('lost-put', async () => {
    const response = await fetch(await start('lost-put'), { method: 'PUT', body: 'abc' });
    expect(response.status).toBe(200);
    expect(seen).toEqual([]);
  });

  it('truncated-body', async () => {
    const response = await fetch(await start('truncated-body'));
    expect(response.headers.get('content-length')).toBe('8');
    await expect(response.text()).rejects.toThrow('terminated');
  });

  it('stalled-body', async () => {
    const response = await fetch(await start('stalled-body'), { signal: AbortSignal.timeout(200) });
    await expect(response.text()).rejects.toThrow('timeout');
  });

  it('wrong-length', async () => {
    expect(await (await fetch(await start('wrong-length'))).text()).toBe('answer ');
  });

  it('stale-list', async () => {
    const faults = [undefined, 'stale-list', undefined] as const;
    let next = 0;
    proxy = await startFaultyProxy({ upstream: upstreamAddress, faultOf: () => faults[next++] });
    const get = async () => await (await fetch(`http://${proxy?.endpoint}/?list-type=2`)).text();
    expect([await get(), await get(), await get()]).toEqual(['answer 1', 'answer 1', 'answer 2']);
  });
});

it('has the same faults for the same seed', () => {
  const draw = (seed: number) => {
    const faultOf = seededFaults(seed, 0.5, ['slow-down', 'reset-after']);
    return Array.from({ length: 100 }, () => faultOf({ method: 'GET', url: '/' }));
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(draw(3).filter((fault) => fault !== undefined).length).toBeGreaterThan(25);
});
