import { RepositoryError } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

/** The variables that name a proxy without a scheme, with the scheme that Go's and curl's clients assume: Node and the SDKs
 *  take such a proxy for none. Throws CONFIG_INVALID, without the value, which may hold a password, for what is no URL. */
export function proxiesWithScheme(env: Environment): Readonly<Record<string, string>> {
  const changed: Record<string, string> = {};
  for (const variable of VARIABLES) {
    const value = env[variable]?.trim() ?? '';
    if (value === '') continue;
    const url = value.includes('://') ? value : `http://${value}`;
    if (!URL.canParse(url)) throw invalid(variable);
    if (url !== env[variable]) changed[variable] = url;
  }
  return changed;
}

/** Gives the proxies of this process their schemes, for SDKs that look nowhere else. Idempotent. */
export function completeOwnProxies(): void {
  Object.assign(process.env, proxiesWithScheme(process.env));
}

function invalid(variable: string): RepositoryError {
  const message = `the proxy in $${variable} is not a URL such as http://host:port (special characters of a password as %XX)`;
  return new RepositoryError('CONFIG_INVALID', message, { variable });
}
