import { readFile } from 'node:fs/promises';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { S3CredentialOptions } from './s3-options.ts';

type Credentials = NonNullable<S3ClientConfig['credentials']>;

/** Who signs the requests: a role when one is named, else the key, else (undefined) whoever the SDK finds: environment,
 *  shared files, web identity, container or machine. Sessions are renewed before they end. */
export async function credentialsOf(options: S3CredentialOptions): Promise<Credentials | undefined> {
  if (options.roleARN !== '') return await roleCredentials(options);
  return options.accessKeyID === '' ? undefined : keyOf(options);
}

function keyOf({ accessKeyID, secretAccessKey, sessionToken }: S3CredentialOptions) {
  return {
    accessKeyId: accessKeyID,
    secretAccessKey,
    ...(sessionToken !== '' && { sessionToken }),
  };
}

async function roleCredentials(options: S3CredentialOptions): Promise<Credentials> {
  const { fromTemporaryCredentials, fromWebToken } = await import('@aws-sdk/credential-providers');
  const { roleARN, sessionName, durationMs, webIdentityToken, webIdentityTokenFile } = options;
  const clientConfig = stsOf(options);
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
      webIdentityTokenFile === '' ? webIdentityToken : await readFile(webIdentityTokenFile, 'utf8');
    return await fromWebToken({
      roleArn: roleARN,
      webIdentityToken: token.trim(),
      clientConfig,
      roleSessionName: sessionName || DEFAULT_SESSION,
      ...duration,
    })();
  };
}

const DEFAULT_SESSION = 'holdfast';

/** The service that hands out sessions. */
function stsOf({ roleEndpoint, roleRegion }: S3CredentialOptions): { region: string; endpoint?: string } {
  const endpoint = roleEndpoint === '' ? {} : { endpoint: roleEndpoint };
  return { region: roleRegion || 'us-east-1', ...endpoint };
}
