import { encodeConnectionToken } from '@holdfast/repository';
import { startAzurite } from './azurite.ts';
import { type Cloud, KINDS, xml } from './cloud.ts';

/** Nobody has this domain, so that requests go to Azurite or nowhere. */
const DOMAIN = 'blob.invalid';

/** Starts Azurite as a cloud. Programs that can only be told a domain reach it as if it were their proxy: it takes the account
 *  from the name of the host. */
export async function startAzureCloud(): Promise<Cloud> {
  const rig = await startAzurite();
  const { host, pathname } = new URL(rig.endpoint);
  const proxied = { HTTP_PROXY: `http://${host}` };
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
    holdfast: (container, prefix) => ({
      args: ['azure', `--container=${container}`, `--prefix=${prefix}`, '--disable-tls'],
      env: {
        ...proxied,
        AZURE_STORAGE_ACCOUNT: rig.account,
        AZURE_STORAGE_KEY: rig.key,
        AZURE_STORAGE_DOMAIN: DOMAIN,
      },
    }),
    // kopia has no flag for what a connection can say: no TLS.
    kopia: (container, prefix) => {
      const config = {
        container,
        prefix,
        storageAccount: rig.account,
        storageKey: rig.key,
        storageDomain: DOMAIN,
        doNotUseTLS: true,
      };
      const token = encodeConnectionToken({ storage: { type: 'azureBlob', config }, password: '' });
      return { args: ['from-config', `--token=${token}`], env: proxied };
    },
    kindOf: ({ method, url }) => (url.includes('comp=list') ? 'list' : KINDS[method]),
    denied: xml(403, 'AuthorizationPermissionMismatch'),
    expired: xml(403, 'AuthenticationFailed'),
    stop: () => rig.stop(),
  };
}
