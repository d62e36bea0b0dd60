import type { PassingRequest, ProxyAnswer } from './faulty-proxy.ts';

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
  /** A part of a bucket as `holdfast repository create` and `connect` are told of it. */
  holdfast(bucket: string, prefix: string): CloudPlace;
  /** The same for kopia's commands of these names. */
  kopia(bucket: string, prefix: string): CloudPlace;
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

/** How a command is told of a place. */
export interface CloudPlace {
  /** What follows `repository create` or `repository connect`. */
  readonly args: readonly string[];
  /** For every command; without the repository's password. */
  readonly env: Readonly<Record<string, string>>;
}

/** What most requests of a method are for. */
export const KINDS: Readonly<Record<string, RequestKind>> = {
  GET: 'read',
  HEAD: 'read',
  PUT: 'write',
  POST: 'write',
  DELETE: 'delete',
};

/** A refusal of S3 and Azure. */
export function xml(status: number, code: string): ProxyAnswer {
  const body = Buffer.from(
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>on purpose</Message></Error>`,
  );
  return { status, headers: { 'content-type': 'application/xml', 'x-ms-error-code': code }, body };
}

/** A refusal of Google. */
export function json(code: number, message: string, reason: string): ProxyAnswer {
  const body = Buffer.from(JSON.stringify({ error: { code, message, errors: [{ reason, message }] } }));
  return { status: code, headers: { 'content-type': 'application/json' }, body };
}
