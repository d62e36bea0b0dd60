import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { StorageEnvironment } from './environment.ts';
import { requireHttpProxy } from './proxy-url.ts';
import { type S3Connections, tokenConnections } from './s3-connections.ts';
import { credentialsError, readTokenFile } from './s3-credentials-error.ts';
import type { S3CredentialOptions, S3Options } from './s3-options.ts';

type Credentials = NonNullable<S3ClientConfig['credentials']>;
type Provider = Extract<Credentials, (...context: never) => unknown>;

/** Who signs the requests: a role when one is named, else the key, else (undefined) whoever the SDK finds: environment,
 *  shared files, web identity, container or machine. Sessions are renewed before they end. */
export async function credentialsOf(
  options: S3Options,
  environment: StorageEnvironment,
): Promise<Credentials | undefined> {
  const { credentials } = options;
  if (credentials.roleARN === '') return credentials.accessKeyID === '' ? undefined : keyOf(credentials);
  requireHttpProxy(credentials.roleEndpoint || 'https://sts.amazonaws.com', environment.env);
  const sts = { ...serviceOf(credentials), requestHandler: tokenConnections(options, environment) };
  return named(await roleCredentials(credentials, sts), tokenServiceOf(credentials));
}

function keyOf({ accessKeyID, secretAccessKey, sessionToken }: S3CredentialOptions) {
  return {
    accessKeyId: accessKeyID,
    secretAccessKey,
    ...(sessionToken !== '' && { sessionToken }),
  };
}

/** `provider`, whose errors say that they are not the bucket's. */
function named(provider: Provider, source: string): Provider {
  return async (context) => {
    try {
      return await provider(context);
    } catch (error) {
      throw credentialsError(error, source);
    }
  };
}

function tokenServiceOf({ roleARN, roleEndpoint, roleRegion }: S3CredentialOptions): string {
  return `the token service ${roleEndpoint || `of Amazon in ${roleRegion || DEFAULT_REGION}`} (STS, for role ${roleARN})`;
}

async function roleCredentials(options: S3CredentialOptions, clientConfig: TokenClient): Promise<Provider> {
  const { fromTemporaryCredentials, fromWebToken } = await import('@aws-sdk/credential-providers');
  const { roleARN, sessionName, durationMs, webIdentityToken, webIdentityTokenFile } = options;
  const duration = durationMs > 0 && { durationSeconds: Math.round(durationMs / 1000) };
  if (webIdentityToken === '' && webIdentityTokenFile === '')
    return fromTemporaryCredentials({
      ...(options.accessKeyID !== '' && { masterCredentials: keyOf(options) }),
      params: {
        RoleArn: roleARN,
        RoleSessionName: sessionName || DEFAULT_SESSION,
        ...(duration && { DurationSeconds: duration.durationSeconds }),
      },
      clientConfig,
    });
  return async () => {
    const token =
      webIdentityTokenFile === '' ? webIdentityToken.trim() : await readTokenFile(webIdentityTokenFile);
    return await fromWebToken({
      roleArn: roleARN,
      webIdentityToken: token,
      clientConfig,
      roleSessionName: sessionName || DEFAULT_SESSION,
      ...duration,
    })();
  };
}

const DEFAULT_SESSION = 'holdfast';
const DEFAULT_REGION = 'us-east-1';

/** The client of the service that hands out sessions. */
interface TokenClient {
  readonly region: string;
  readonly endpoint?: string;
  readonly requestHandler: S3Connections;
}

function serviceOf({ roleEndpoint, roleRegion }: S3CredentialOptions): Omit<TokenClient, 'requestHandler'> {
  const endpoint = roleEndpoint === '' ? {} : { endpoint: roleEndpoint };
  return { region: roleRegion || DEFAULT_REGION, ...endpoint };
}
