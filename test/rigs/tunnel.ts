import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { pipeline } from 'node:stream';

/** An HTTP proxy for TLS that leads to one place whatever it is asked for. */
export interface Tunnel {
  /** For HTTPS_PROXY. */
  readonly url: string;
  /** `host:port` that it was asked for. */
  readonly asked: readonly string[];
  stop(): void;
}

/** Starts one on loopback that leads to `port` there. */
export async function startTunnel(port: number): Promise<Tunnel> {
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    pipeline(socket, connect(port, '127.0.0.1'), socket, () => undefined);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, asked, stop: () => void proxy.close() };
}
