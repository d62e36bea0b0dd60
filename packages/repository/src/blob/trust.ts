import { getCACertificates, setDefaultCACertificates } from 'node:tls';

let isDone = false;

/** Trusts, in this whole process, the authorities of the system (where OpenSSL looks for them: those of SSL_CERT_FILE and
 *  SSL_CERT_DIR instead) beside Node's own and those of NODE_EXTRA_CA_CERTS. Idempotent. To be called where TLS is used only: it
 *  takes a tenth of a second. For the process because the SDKs, and what gets credentials for them, take no certificates. */
export function trustSystemAuthorities(): void {
  if (isDone) return;
  isDone = true;
  const all = new Set([...getCACertificates('default'), ...getCACertificates('system')]);
  setDefaultCACertificates([...all]);
}
