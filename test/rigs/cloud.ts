import { startAzurite } from './azurite.ts';
import { startFakeGcs } from './fake-gcs.ts';
import type { PassingRequest, ProxyAnswer } from './faulty-proxy.ts';
import type { RigName } from './installed.ts';
import { startSeaweedFs } from './seaweedfs.ts';

/** What a request to an object store is for. */
export type RequestKind = 'read' | 'write' | 'delete' | 'list';

/** An object store of one of the three kinds, as tests that run on all of them see it. */
export interface Cloud {
  /** `host:port` of the server, to put a proxy in front. */
  readonly upstream: string;
  createBucket(name: string): Promise<void>;
  /** The storage part of a connection to a bucket, by way of `endpoint` (`host:port`). */
  location(bucket: string, prefix: string, endpoint: string): CloudLocation;
  /** What the command needs in its environment. */
  env(endpoint: string): Readonly<Record<string, string>>;
  kindOf(request: PassingRequest): RequestKind | undefined;
  /** The vendor's way to say that this is not allowed. */
  readonly denied: ProxyAnswer;
  /** The vendor's way to say that the session or token has ended. */
  readonly expired: ProxyAnswer;
  stop(): Promise<void>;
}

/** As a connection file has it. */
export interface CloudLocation {
  readonly type: string;
  readonly config: Readonly<Record<string, string | boolean>>;
}

/** How to start one of each. */
export const CLOUDS: readonly (readonly [rig: RigName, start: () => Promise<Cloud>])[] = [
  ['seaweedfs', startS3Cloud],
  ['azurite', startAzureCloud],
  ['fake-gcs-server', startGcsCloud],
];

async function startS3Cloud(): Promise<Cloud> {
  const rig = await startSeaweedFs();
  return {
    upstream: rig.endpoint,
    createBucket: (name) => rig.createBucket(name),
    location: (bucket, prefix, endpoint) => ({
      type: 's3',
      config: {
        bucket,
        prefix,
        endpoint,
        region: rig.region,
        doNotUseTLS: true,
        accessKeyID: rig.accessKey,
        secretAccessKey: rig.secretKey,
      },
    }),
    env: () => ({}),
    kindOf: ({ method, url }) => (url.includes('list-type=2') ? 'list' : KINDS[method]),
    denied: xml(403, 'AccessDenied'),
    expired: xml(400, 'ExpiredToken'),
    stop: () => rig.stop(),
  };
}

async function startAzureCloud(): Promise<Cloud> {
  const rig = await startAzurite();
  const { host, pathname } = new URL(rig.endpoint);
  return {
    upstream: host,
    createBucket: (name) => rig.createContainer(name),
    location: (container, prefix, endpoint) => ({
      type: 'azureBlob',
      config: {
        container,
        prefix,
        storageAccount: rig.account,
        storageKey: rig.key,
        endpoint: `http://${endpoint}${pathname}`,
      },
    }),
    env: () => ({}),
    kindOf: ({ method, url }) => (url.includes('comp=list') ? 'list' : KINDS[method]),
    denied: xml(403, 'AuthorizationPermissionMismatch'),
    expired: xml(403, 'AuthenticationFailed'),
    stop: () => rig.stop(),
  };
}

async function startGcsCloud(): Promise<Cloud> {
  const rig = await startFakeGcs();
  return {
    upstream: new URL(rig.endpoint).host,
    createBucket: (name) => rig.createBucket(name),
    location: (bucket, prefix) => ({ type: 'gcs', config: { bucket, prefix } }),
    env: (endpoint) => ({ STORAGE_EMULATOR_HOST: `http://${endpoint}` }),
    kindOf: ({ method, url }) =>
      /\/o\?/.test(url) && method === 'GET' && !url.includes('alt=media') ? 'list' : KINDS[method],
    denied: json(403, 'the caller does not have access to the object', 'forbidden'),
    expired: json(401, 'Invalid Credentials', 'authError'),
    stop: () => rig.stop(),
  };
}

const KINDS: Readonly<Record<string, RequestKind>> = {
  GET: 'read',
  HEAD: 'read',
  PUT: 'write',
  POST: 'write',
  DELETE: 'delete',
};

function xml(status: number, code: string): ProxyAnswer {
  const body = Buffer.from(
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>on purpose</Message></Error>`,
  );
  return { status, headers: { 'content-type': 'application/xml', 'x-ms-error-code': code }, body };
}

function json(code: number, message: string, reason: string): ProxyAnswer {
  const body = Buffer.from(JSON.stringify({ error: { code, message, errors: [{ reason, message }] } }));
  return { status: code, headers: { 'content-type': 'application/json' }, body };
}
