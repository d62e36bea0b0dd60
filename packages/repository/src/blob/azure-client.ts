import type { ContainerClient, StoragePipelineOptions } from '@azure/storage-blob';
import type { TokenCredential } from '@azure/identity';
import { RepositoryError } from '../errors.ts';
import type { AzureOptions } from './azure-options.ts';
import { type TokenOptions, withTokenErrors } from './azure-token.ts';
import type { StorageEnvironment } from './environment.ts';
import { optionalPackage } from './optional-package.ts';
import { completeOwnProxies } from './proxy-url.ts';
import { trustSystemAuthorities } from './trust.ts';

/** Retries are a wrapper's. The SDK takes proxies from the environment and keeps connections by itself. */
const PIPELINE: StoragePipelineOptions = {
  retryOptions: { maxTries: 1 },
  keepAliveOptions: { enable: true },
};

/** The SDK's client for the container, let in by the first that is there: token, key, secret, certificate, federated token.
 *  Throws CONFIG_INVALID when none is, or one that needs TLS where there is to be none; STORAGE_UNSUPPORTED when a package is
 *  missing. */
export async function createContainerClient(
  options: AzureOptions,
  environment: StorageEnvironment,
): Promise<ContainerClient> {
  const sdk = await optionalPackage('@azure/storage-blob', () => import('@azure/storage-blob'));
  const url = accountUrl(options);
  completeOwnProxies(url);
  if (!url.startsWith('http:')) trustSystemAuthorities();
  const serviceOf = async () => {
    if (options.sasToken !== '')
      return new sdk.BlobServiceClient(`${url}?${options.sasToken}`, undefined, PIPELINE);
    if (options.storageKey === '')
      return new sdk.BlobServiceClient(url, await identityOf(options, url, environment), PIPELINE);
    const key = new sdk.StorageSharedKeyCredential(options.storageAccount, options.storageKey);
    return new sdk.BlobServiceClient(url, key, PIPELINE);
  };
  return (await serviceOf()).getContainerClient(options.container);
}

function accountUrl({ endpoint, doNotUseTLS, storageAccount, storageDomain }: AzureOptions): string {
  return endpoint || `${doNotUseTLS ? 'http' : 'https'}://${storageAccount}.${storageDomain}`;
}

async function identityOf(
  options: AzureOptions,
  url: string,
  environment: StorageEnvironment,
): Promise<TokenCredential> {
  const make = await credentialMaker(options);
  if (make === undefined) throw new RepositoryError('CONFIG_INVALID', NO_IDENTITY);
  if (url.startsWith('http:')) throw new RepositoryError('CONFIG_INVALID', NEEDS_TLS);
  return withTokenErrors(make, environment);
}

async function credentialMaker({
  tenantId,
  clientId,
  clientSecret,
  clientCertificate: certificate,
  federatedTokenFile: tokenFilePath,
}: AzureOptions): Promise<((options: TokenOptions) => TokenCredential) | undefined> {
  if (tenantId === '' || clientId === '') return undefined;
  const sdk = await optionalPackage('@azure/identity', () => import('@azure/identity'));
  if (clientSecret !== '')
    return (options) => new sdk.ClientSecretCredential(tenantId, clientId, clientSecret, options);
  if (certificate !== '')
    return (options) => new sdk.ClientCertificateCredential(tenantId, clientId, { certificate }, options);
  if (tokenFilePath !== '')
    return (options) => new sdk.WorkloadIdentityCredential({ ...options, tenantId, clientId, tokenFilePath });
  return undefined;
}

const NO_IDENTITY =
  'the azureBlob connection has no key, SAS token, client secret, client certificate or federated token';

/** Who reads a token can use it. */
const NEEDS_TLS =
  'the azureBlob connection has a service principal, whose tokens are only sent through TLS: connect without --disable-tls, or with the key of the account or a SAS token';
