import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, getCACertificates } from 'node:tls';
import { S3Client } from '@aws-sdk/client-s3';
import type { StorageEnvironment } from './environment.ts';
import { proxiesWithScheme } from './proxy-url.ts';
import { credentialsOf } from './s3-credentials.ts';
import type { S3Endpoint } from './s3-endpoint.ts';
import type { S3Options } from './s3-options.ts';
import { trustSystemAuthorities } from './trust.ts';

const ignore = (): void => undefined;

/** What the SDK would tell the console comes to us as an error anyway. */
const SILENT = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Connections at a time; more requests wait. */
const MAX_SOCKETS = 64;

/** The SDK's client for `endpoint`: one attempt a request, no checksums that other services don't know, connections kept and
 *  bounded in number, proxies as the environment says. */
export async function createS3Client(
  options: S3Options,
  endpoint: S3Endpoint,
  environment: StorageEnvironment,
): Promise<S3Client> {
  if (usesTls(options)) trustSystemAuthorities();
  const credentials = await credentialsOf(options.credentials);
  return new S3Client({
    ...(endpoint.url !== undefined && { endpoint: endpoint.url }),
    ...(credentials !== undefined && { credentials }),
    region: endpoint.region,
    forcePathStyle: endpoint.addressing === 'path',
    tls: !options.doNotUseTLS,
    requestHandler: {
      ...agentsOf(options, environment),
      connectionTimeout: 15_000,
      // Stalls are ours to notice: the SDK sees only the socket.
      socketTimeout: 0,
    },
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // A round trip for each blob, to save the upload in the rare case of a refusal.
    expectContinueHeader: false,
    disableClockSkewCorrection: true,
    logger: SILENT,
  });
}

function agentsOf(
  options: S3Options,
  { env }: StorageEnvironment,
): { httpAgent: HttpAgent; httpsAgent: HttpsAgent } {
  const common = {
    keepAlive: true,
    maxSockets: MAX_SOCKETS,
    proxyEnv: { ...env, ...proxiesWithScheme(env) },
  };
  const trust = {
    // Made once: a connection would take longer to read the authorities than for its handshake.
    ...(options.rootCA !== '' && {
      secureContext: createSecureContext({ ca: [...getCACertificates('default'), options.rootCA] }),
    }),
    ...(options.doNotVerifyTLS && { rejectUnauthorized: false }),
  };
  return { httpAgent: new HttpAgent(common), httpsAgent: new HttpsAgent({ ...common, ...trust }) };
}

/** Whether the bucket, or whoever gives the credentials, may be reached through TLS. */
function usesTls({ doNotUseTLS, credentials: { accessKeyID, roleARN } }: S3Options): boolean {
  return !doNotUseTLS || accessKeyID === '' || roleARN !== '';
}
