import { RepositoryError } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that is set, with the scheme that it may lack. */
interface ProxySetting {
  readonly variable: string;
  /** May hold a password. */
  readonly url: string;
}

const HTTPS = ['https_proxy', 'HTTPS_PROXY'] as const;
const HTTP = ['http_proxy', 'HTTP_PROXY'] as const;
const ALL = ['all_proxy', 'ALL_PROXY'] as const;

/** Reached without a proxy whatever is set, as by Go's clients. */
const THIS_MACHINE = ['localhost', '127.0.0.1', '::1', '[::1]'];

/** What is to be changed in the environment for Node and the SDKs: a proxy without a scheme, which they take for none, gets the one
 *  that Go's and curl's clients assume; ALL_PROXY counts where no other is named; this machine is excepted. Throws CONFIG_INVALID for
 *  what is no URL, without the value, which may hold a password. */
export function completedProxies(env: Environment): Readonly<Record<string, string>> {
  const settings = [...HTTPS, ...HTTP, ...ALL].flatMap((variable) => settingOf(env, [variable]) ?? []);
  const changed = settings.filter(({ variable, url }) => url !== env[variable]);
  const proxies = [...changed, ...filledByAll(env)].map(({ variable, url }) => [variable, url]);
  return { ...Object.fromEntries(proxies), ...(settings.length > 0 && exceptThisMachine(env)) };
}

/** Completes the proxies of this process, for SDKs that look nowhere else, before they ask for `url`. Idempotent. Throws
 *  CONFIG_INVALID as `requireHttpProxy` does. */
export function completeOwnProxies(url: string): void {
  Object.assign(process.env, completedProxies(process.env));
  // Unlike us they take the proxy for HTTP where they find no other.
  requireHttpProxy(url, process.env, [...HTTPS, ...ALL, ...HTTP]);
}

/** Throws CONFIG_INVALID when a request for `url` is to go through a proxy that nobody here can talk to, such as one for SOCKS:
 *  without it, it would go where it must not, or nowhere. The first of `variables` that is set counts. */
export function requireHttpProxy(
  url: string,
  env: Environment,
  variables: readonly string[] = [...(url.startsWith('http:') ? HTTP : HTTPS), ...ALL],
): void {
  const setting = settingOf(env, variables);
  if (setting === undefined || isHttp(setting) || isExempt(new URL(url), env)) return;
  const { hostname } = new URL(url);
  const kind = new URL(setting.url).protocol.slice(0, -1);
  throw new RepositoryError(
    'CONFIG_INVALID',
    `the proxy in $${setting.variable} is one for ${kind}, which is not supported: give one for HTTP (http://host:port), or have ${hostname} reached without (NO_PROXY=${hostname})`,
    { variable: setting.variable, host: hostname },
  );
}

function filledByAll(env: Environment): readonly ProxySetting[] {
  const all = settingOf(env, ALL);
  if (all === undefined || !isHttp(all)) return [];
  return [HTTPS, HTTP]
    .filter((variables) => settingOf(env, variables) === undefined)
    .map(([, variable]) => ({ variable, url: all.url }));
}

function exceptThisMachine(env: Environment): Readonly<Record<string, string>> {
  const variable = env['no_proxy'] ? 'no_proxy' : 'NO_PROXY';
  const names = (env[variable] ?? '').split(/[\s,]+/).filter((name) => name !== '');
  return { [variable]: [...new Set([...names, ...THIS_MACHINE])].join(',') };
}

function settingOf(env: Environment, variables: readonly string[]): ProxySetting | undefined {
  const variable = variables.find((name) => (env[name] ?? '').trim() !== '');
  if (variable === undefined) return undefined;
  const value = env[variable]?.trim() ?? '';
  const url = value.includes('://') ? value : `http://${value}`;
  if (URL.canParse(url)) return { variable, url };
  const message = `the proxy in $${variable} is not a URL such as http://host:port (special characters of a password as %XX)`;
  throw new RepositoryError('CONFIG_INVALID', message, { variable });
}

function isHttp({ url }: ProxySetting): boolean {
  return /^https?:/i.test(url);
}

/** Whether NO_PROXY names the host (`host`, `host:port`, `.domain`, `*`) or a domain that it is in, or it is this machine. */
function isExempt({ hostname, host }: URL, env: Environment): boolean {
  if (THIS_MACHINE.includes(hostname)) return true;
  const names = (env['no_proxy'] || (env['NO_PROXY'] ?? '')).toLowerCase().split(/[\s,]+/);
  return names.some((name) => {
    const domain = name.replace(/^\*?\./, '');
    return name === '*' || name === host || (domain !== '' && `.${hostname}`.endsWith(`.${domain}`));
  });
}
