import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether certificates can be made here. */
export const hasOpenSsl: boolean = spawnSync('openssl', ['version']).status === 0;

/** A server whose certificate nobody vouches for. */
export interface UntrustedServer {
  /** `host:port` */
  readonly endpoint: string;
  /** PEM. */
  readonly certificate: string;
  stop(): void;
}

/** Starts one on loopback; who trusts it is answered by `answer`: with 404 unless given. Needs openssl. */
export async function startUntrustedServer(
  answer: RequestListener = (_, response) => response.writeHead(404).end(),
): Promise<UntrustedServer> {
  const pair = selfSigned();
  const server = createServer(pair, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    endpoint: `127.0.0.1:${address.port}`,
    certificate: pair.cert.toString(),
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function selfSigned(): { key: Buffer; cert: Buffer } {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-tls-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const files = ['-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files, ...subject], {
    stdio: 'ignore',
  });
  const pair = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(directory, { recursive: true });
  return pair;
}
