import { expect, it } from 'vitest';
import { decodeAzureOptions } from './azure-options.ts';

const PRIVATE = 'hush';

it.each([
  [{ container: 'c/d' }, 'container is a name without slashes'],
  [{ storageAccount: 'a b' }, 'storageAccount is not the name of an account'],
  [{ storageAccount: 'a/b' }, 'storageAccount is not the name of an account'],
  [{ storageDomain: 'a/b' }, 'storageDomain is not a domain'],
  [{ endpoint: 'host' }, 'endpoint is not a URL'],
  [{ TenantID: 'a tenant/' }, 'TenantID is not a tenant'],
  [{ clientCertificate: PRIVATE }, 'clientCertificate is not the text (PEM) of a certificate'],
])('refuses %j', (changes, reason) => {
  const refused = {
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(new RegExp(`^(?!.*${PRIVATE}).*${RegExp.escape(reason)}`)),
  };
  const config = { container: 'c', storageAccount: 'a', ...changes };
  expect(() => decodeAzureOptions(config)).toThrow(expect.objectContaining(refused));
});
