import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { StorageEnvironment } from './environment.ts';
import { completedProxies } from './proxy-url.ts';
import type { S3Options } from './s3-options.ts';

/** Connections at a time; more requests wait. */
const MAX_SOCKETS = 64;

/** How requests get to a service, as the SDK's clients take it. */
export interface S3Connections {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
  /** Milliseconds. */
  readonly connectionTimeout: number;
  /** Milliseconds without a byte; 0 for no limit. */
  readonly socketTimeout: number;
}

/** Those to the bucket: kept and bounded in number, through the proxies that the environment names. */
export function bucketConnections(options: S3Options, environment: StorageEnvironment): S3Connections {
  // Stalls are ours to notice: the SDK sees only the socket.
  return connections(options, environment, { keepAlive: true, socketTimeout: 0 });
}

/** Those to the token service, through the same proxies and with the same authorities. Amazon's own service is verified in any
 *  case: nobody said not to. The SDK doesn't pass on our signals, so that it has to notice stalls. */
export function tokenConnections(options: S3Options, environment: StorageEnvironment): S3Connections {
  const doNotVerifyTLS = options.doNotVerifyTLS && options.credentials.roleEndpoint !== '';
  const limits = { keepAlive: false, socketTimeout: environment.stallMs };
  return connections({ ...options, doNotVerifyTLS }, environment, limits);
}

function connections(
  options: S3Options,
  { env }: StorageEnvironment,
  { keepAlive, socketTimeout }: { readonly keepAlive: boolean; readonly socketTimeout: number },
): S3Connections {
  const common = { keepAlive, maxSockets: MAX_SOCKETS, proxyEnv: { ...env, ...completedProxies(env) } };
  return {
    httpAgent: new HttpAgent(common),
    httpsAgent: new HttpsAgent({ ...common, ...trustOf(options) }),
    connectionTimeout: 15_000,
    socketTimeout,
  };
}

function trustOf({ rootCA, doNotVerifyTLS }: S3Options) {
  return {
    // Made once: a connection would take longer to read the authorities than for its handshake.
    ...(rootCA !== '' && {
      secureContext: createSecureContext({ ca: [...getCACertificates('default'), rootCA] }),
    }),
    ...(doNotVerifyTLS && { rejectUnauthorized: false }),
  };
}
