import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LatencyProxy, startLatencyProxy } from './latency-proxy.ts';

const ROUND_TRIP_MS = 60;

let server: Server;
let proxy: LatencyProxy;
beforeEach(async () => {
  server = createServer((socket) => void socket.on('error', () => undefined).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A cast: a server that listens on TCP has such an address.
  const { port } = server.address() as AddressInfo;
  proxy = await startLatencyProxy({ upstream: `127.0.0.1:${port}`, roundTripMs: ROUND_TRIP_MS });
});
afterEach(async () => {
  await proxy.stop();
  server.close();
});

async function open() {
  const [host, port] = proxy.endpoint.split(':');
  const socket = connect({ host, port: Number(port) });
  await once(socket, 'connect');
  return socket;
}

it('takes a round trip for an answer, and one more for the first', async () => {
  const socket = await open();
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const begin = performance.now();
    socket.write('question');
    await once(socket, 'data');
    times.push(performance.now() - begin);
  }
  socket.destroy();
  expect(times[0]).toBeGreaterThanOrEqual(2 * ROUND_TRIP_MS - 2);
  expect(times[1]).toBeGreaterThanOrEqual(ROUND_TRIP_MS - 2);
  expect(times[2]).toBeLessThan(2 * ROUND_TRIP_MS);
});

it('passes much at once: bytes do not wait for those before them to arrive', async () => {
  const socket = await open();
  const sent = Buffer.alloc(64 << 20, 'abcdefg');
  const begin = performance.now();
  socket.end(sent);
  const got = await buffer(socket);
  expect(Buffer.compare(got, sent)).toBe(0);
  // One piece of 64 KiB a round trip would take 60 s.
  expect(performance.now() - begin).toBeLessThan(10_000);
  expect(proxy.receivedBytes).toBe(sent.length);
});

it('ends with its server', async () => {
  server.once('connection', (connection) => connection.destroy());
  const socket = await open();
  socket.on('error', () => undefined).resume();
  await once(socket, 'close');
});
