import { RepositoryError, type RepositoryErrorCode } from '../errors.ts';
import { proxyRefusal } from './proxy-refusal.ts';
import { actionOf, type ServiceAttempt } from './service-attempt.ts';

const UNTRUSTED = 'give its authority to the connection (rootCA, or $SSL_CERT_FILE) or correct the endpoint';

/** By Node's error code. What is not here is a connection that broke. */
const MEANINGS: Readonly<Record<string, { readonly code: RepositoryErrorCode; readonly reason: string }>> = {
  ECONNREFUSED: { code: 'STORAGE_FAILED', reason: 'nothing answers at that address and port' },
  ENOTFOUND: { code: 'STORAGE_FAILED', reason: 'the name of the host is unknown; check the endpoint' },
  EAI_AGAIN: { code: 'STORAGE_FAILED', reason: 'the name of the host cannot be looked up now' },
  CERT_HAS_EXPIRED: { code: 'STORAGE_UNTRUSTED', reason: "the server's certificate has expired" },
  CERT_NOT_YET_VALID: {
    code: 'STORAGE_UNTRUSTED',
    reason: "the server's certificate is not valid yet; check this machine's clock",
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    code: 'STORAGE_UNTRUSTED',
    reason: "the server's certificate is for another host name; correct the endpoint",
  },
  ...Object.fromEntries(
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'CERT_UNTRUSTED',
      'CERT_REJECTED',
      'CERT_SIGNATURE_FAILURE',
    ].map((name) => [
      name,
      { code: 'STORAGE_UNTRUSTED', reason: `the server's certificate is not trusted; ${UNTRUSTED}` } as const,
    ]),
  ),
  ERR_PROXY_TUNNEL: { code: 'STORAGE_FAILED', reason: 'the proxy broke the connection' },
  EPROTO: {
    code: 'STORAGE_UNTRUSTED',
    reason: 'the server does not speak TLS as we do; is it meant to be reached without TLS?',
  },
};

/** The coded form of a connection that failed, or of a file that was to be read for it (CONFIG_INVALID); other errors, which are
 *  defects, come as they are. */
export function networkError(error: unknown, attempt: ServiceAttempt): unknown {
  const refusal = tunnelStatus(error);
  if (refusal !== undefined) return proxyRefusal(refusal, attempt, error);
  const file = unreadableFile(error);
  if (file !== undefined) return fileError(file, attempt, error);
  const code = networkCode(error);
  if (code === undefined) return error;
  const meaning = MEANINGS[code] ?? { code: 'STORAGE_FAILED', reason: 'the connection broke' };
  const detail = { errno: code, ...(attempt.blob !== undefined && { blob: attempt.blob }) };
  return new RepositoryError(
    meaning.code,
    `cannot ${actionOf(attempt)}: ${meaning.reason} (${code})`,
    detail,
    error,
  );
}

/** System errors, those of TLS, DNS and the HTTP parser; not Node's ERR_ codes for wrong calls. */
const NETWORK_CODE =
  /^(?:E(?!RR_)[A-Z_]+|ERR_(?:TLS|SSL|PROXY_TUNNEL|STREAM_PREMATURE_CLOSE).*|HPE_.*|.*CERT.*|UNABLE_TO_.*)$/;

/** Node's code in `error` or in one of its causes; undefined when it is no failure of a connection. */
function networkCode(error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ('code' in each && typeof each.code === 'string' && NETWORK_CODE.test(each.code)) return each.code;
    if (each.name === 'TimeoutError') return 'ETIMEDOUT';
    if (/^(aborted|socket hang up|premature close)$/i.test(each.message)) return 'ECONNRESET';
  }
  return undefined;
}

interface UnreadableFile {
  readonly path: string;
  readonly errno: string;
}

/** The file, such as one with a token, that could not be read when that is why there is no connection. */
function unreadableFile(error: unknown): UnreadableFile | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (!('path' in each && 'code' in each && 'syscall' in each)) continue;
    const isReading = each.syscall === 'open' || each.syscall === 'read';
    if (isReading && typeof each.path === 'string') return { path: each.path, errno: String(each.code) };
  }
  return undefined;
}

function fileError(
  { path, errno }: UnreadableFile,
  attempt: ServiceAttempt,
  cause: unknown,
): RepositoryError {
  const message = `cannot ${actionOf(attempt)}: ${path}, which is needed for it, cannot be read (${errno})`;
  return new RepositoryError('CONFIG_INVALID', message, { path, errno }, cause);
}

/** What a proxy answered to CONNECT, when that is why there is no connection. */
function tunnelStatus(error: unknown): number | undefined {
  for (let each = error; each instanceof Error; each = each.cause)
    if ('code' in each && each.code === 'ERR_PROXY_TUNNEL')
      return 'statusCode' in each && typeof each.statusCode === 'number' ? each.statusCode : undefined;
  return undefined;
}
