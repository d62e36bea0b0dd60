import { createPrivateKey, X509Certificate } from 'node:crypto';
import { bucketName } from './bucket-name.ts';
import { ConfigFields } from './config-fields.ts';

/** Where a container is and how to be let in; the fields of kopia's `azureBlob` connection, and `endpoint`.
 *  Empty texts are absent. Source: kopia repo/blob/azure/azure_options.go. */
export interface AzureOptions {
  readonly container: string;
  /** In front of every blob's name, literally. */
  readonly prefix: string;
  readonly storageAccount: string;
  readonly storageKey: string;
  /** Without the question mark. */
  readonly sasToken: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** PEM, with the private key. */
  readonly clientCertificate: string;
  readonly federatedTokenFile: string;
  readonly storageDomain: string;
  readonly doNotUseTLS: boolean;
  /** URL of the account where it isn't made of its name and the domain. kopia doesn't know this field and passes it over. */
  readonly endpoint: string;
  /** Shows the container as it was then; milliseconds since the Unix epoch. */
  readonly pointInTimeMs?: number;
}

/** Reads the `config` of an azureBlob connection; other fields are left to others. Throws CONFIG_INVALID. */
export function decodeAzureOptions(config: unknown): AzureOptions {
  const fields = new ConfigFields('azureBlob', config);
  const pointInTimeMs = fields.time('pointInTime');
  return {
    container: bucketName(fields, 'container'),
    prefix: fields.string('prefix'),
    storageAccount: fields.matching(
      'storageAccount',
      HOST_LABEL,
      'not the name of an account, such as mybackups',
    ),
    storageKey: fields.string('storageKey'),
    sasToken: fields.string('sasToken').replace(/^\?/, ''),
    // Go writes these three without names of their own.
    tenantId: fields.matching('TenantID', /^[a-z0-9.-]+$/i, "not a tenant's ID or domain"),
    clientId: fields.string('ClientID'),
    clientSecret: fields.string('ClientSecret'),
    clientCertificate: certificateOf(fields),
    federatedTokenFile: fields.string('azureFederatedTokenFile'),
    storageDomain:
      fields.matching(
        'storageDomain',
        /^[a-z0-9.-]+(?::\d+)?$/i,
        'not a domain such as blob.core.windows.net',
      ) || 'blob.core.windows.net',
    doNotUseTLS: fields.boolean('doNotUseTLS'),
    endpoint: fields.url('endpoint'),
    ...(pointInTimeMs !== undefined && { pointInTimeMs }),
  };
}

const HOST_LABEL = /^[a-z0-9-]+$/i;

/** PEM, as kopia keeps it. */
function certificateOf(fields: ConfigFields): string {
  const pem = fields.string('clientCertificate');
  if (pem === '' || isKeyPair(pem)) return pem;
  throw fields.invalid(
    'clientCertificate is not the text (PEM) of a certificate together with its private key',
  );
}

function isKeyPair(pem: string): boolean {
  try {
    return new X509Certificate(pem).publicKey.type === 'public' && createPrivateKey(pem).type === 'private';
  } catch {
    return false;
  }
}
