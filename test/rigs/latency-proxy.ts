import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { systemClock } from '@holdfast/repository';

/** What lies between a client and its server. */
export interface LatencyOptions {
  /** `host:port` of the server. */
  readonly upstream: string;
  /** Time to the server and back. */
  readonly roundTripMs: number;
}

/** A line to a server that is far away. */
export interface LatencyProxy {
  /** `host:port` to connect to. */
  readonly endpoint: string;
  /** What has come from the server, headers included. */
  readonly receivedBytes: number;
  /** HTTP requests that have been sent: pieces that begin as one. */
  readonly requests: number;
  stop(): Promise<void>;
}

/** Starts a TCP proxy on loopback that delays every byte by half a round trip each way. Bytes follow each other as fast as they
 *  come: the line is long, not narrow. A new connection takes one round trip more, as its handshake would. */
export async function startLatencyProxy(options: LatencyOptions): Promise<LatencyProxy> {
  const [host = '', port] = options.upstream.split(':');
  const sockets = new Set<Socket>();
  const seen = { bytes: 0, requests: 0 };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true });
    const oneWayMs = options.roundTripMs / 2;
    const openMs = performance.now() + options.roundTripMs;
    upstream.on('data', ({ length }: Buffer) => (seen.bytes += length));
    client.on('data', (bytes: Buffer) => {
      if (REQUEST.test(bytes.toString('latin1', 0, 8))) seen.requests++;
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    void new Line(client, upstream, oneWayMs, openMs).run();
    void new Line(upstream, client, oneWayMs, openMs).run();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    endpoint: `127.0.0.1:${address.port}`,
    get receivedBytes() {
      return seen.bytes;
    },
    get requests() {
      return seen.requests;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const REQUEST = /^(?:GET|HEAD|PUT|POST|DELETE) \//;

/** Bytes on one line at a time: far more than any round trip here holds, and a bound should the receiver stop. */
const LINE_BYTES = 256 << 20;

/** Bytes, the end of what one side has to say, or a connection that broke. */
type Item = Buffer | 'end' | 'break';

/** One direction of a connection. */
class Line {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #delayMs: number;
  readonly #openMs: number;
  readonly #queue: { readonly dueMs: number; readonly item: Item }[] = [];
  #queuedBytes = 0;
  #wake: (() => void) | undefined;

  constructor(from: Socket, to: Socket, delayMs: number, openMs: number) {
    [this.#from, this.#to, this.#delayMs, this.#openMs] = [from, to, delayMs, openMs];
    from.on('data', (bytes: Buffer) => this.#add(bytes));
    from.on('end', () => this.#add('end'));
    from.on('close', () => from.readableEnded || this.#add('break'));
    for (const event of ['drain', 'close']) to.on(event, () => this.#wake?.());
  }

  /** Passes bytes on when their time has come, until either end closes. */
  async run(): Promise<void> {
    while (!this.#to.destroyed) {
      const next = this.#queue[0];
      const waitMs = next === undefined ? undefined : next.dueMs - performance.now();
      if (waitMs === undefined || this.#to.writableNeedDrain) await this.#wait();
      else if (waitMs > 0) await systemClock.sleep(waitMs);
      else this.#pass();
    }
  }

  #add(item: Item): void {
    this.#queue.push({ dueMs: Math.max(performance.now(), this.#openMs) + this.#delayMs, item });
    this.#queuedBytes += item.length;
    if (this.#queuedBytes > LINE_BYTES) this.#from.pause();
    this.#wake?.();
  }

  async #wait(): Promise<void> {
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
  }

  /** Everything that is due, in one go. */
  #pass(): void {
    const nowMs = performance.now();
    const later = this.#queue.findIndex(({ dueMs }) => dueMs > nowMs);
    const due = this.#queue.splice(0, later < 0 ? this.#queue.length : later);
    this.#to.cork();
    for (const { item } of due) {
      this.#queuedBytes -= item.length;
      if (item === 'end') this.#to.end();
      else if (item === 'break') this.#to.destroy();
      else this.#to.write(item);
    }
    this.#to.uncork();
    if (this.#queuedBytes <= LINE_BYTES) this.#from.resume();
  }
}
