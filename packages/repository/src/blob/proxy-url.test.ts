import { expect, it } from 'vitest';
import { completedProxies, requireHttpProxy } from './proxy-url.ts';

const SOCKS = 'socks5://user:secret@proxy:1080';

it.each([
  [{ HTTPS_PROXY: 'proxy.example.test:3128' }, { HTTPS_PROXY: 'http://proxy.example.test:3128' }],
  [{ https_proxy: 'user:pass@10.0.0.1:80' }, { https_proxy: 'http://user:pass@10.0.0.1:80' }],
  [{ HTTP_PROXY: ' localhost ' }, { HTTP_PROXY: 'http://localhost' }],
  [{ HTTPS_PROXY: 'https://proxy:1', HTTP_PROXY: '', NO_PROXY: 'host:1' }, {}],
])('%j needs %j', (env, expected) => {
  const { NO_PROXY: _, ...proxies } = completedProxies(env);
  expect(proxies).toEqual(expected);
});

it.each([
  [
    { ALL_PROXY: 'proxy:1' },
    { ALL_PROXY: 'http://proxy:1', HTTPS_PROXY: 'http://proxy:1', HTTP_PROXY: 'http://proxy:1' },
  ],
  [{ all_proxy: 'http://proxy:1', https_proxy: 'http://other:1' }, { HTTP_PROXY: 'http://proxy:1' }],
  [{ ALL_PROXY: 'socks5://proxy:1' }, {}],
])('%j, which counts where no other is named, needs %j', (env, expected) => {
  const { NO_PROXY: _, ...proxies } = completedProxies(env);
  expect(proxies).toEqual(expected);
});

const THIS_MACHINE = 'localhost,127.0.0.1,::1,[::1]';

it.each([
  [{ HTTPS_PROXY: 'http://proxy' }, { NO_PROXY: THIS_MACHINE }],
  [
    { ALL_PROXY: SOCKS, NO_PROXY: 'host, 127.0.0.1 .domain' },
    { NO_PROXY: `host,127.0.0.1,.domain,localhost,::1,[::1]` },
  ],
  [{ HTTP_PROXY: 'http://proxy', no_proxy: 'host', NO_PROXY: 'other' }, { no_proxy: `host,${THIS_MACHINE}` }],
  [{ NO_PROXY: 'host' }, {}],
])('%j does not hold for this machine: %j', (env, expected) => {
  const changed = completedProxies(env);
  expect(changed).toMatchObject(expected);
  expect('NO_PROXY' in changed).toBe('NO_PROXY' in expected);
});

it.each([
  ['https://host', { HTTPS_PROXY: SOCKS }, 'HTTPS_PROXY'],
  ['http://host:9000', { http_proxy: 'socks5h://proxy' }, 'http_proxy'],
  ['https://host', { ALL_PROXY: SOCKS, HTTP_PROXY: 'http://proxy' }, 'ALL_PROXY'],
  ['https://host.example.test', { HTTPS_PROXY: SOCKS, NO_PROXY: 'other, t.example.test ,' }, 'HTTPS_PROXY'],
  ['https://host', { HTTPS_PROXY: SOCKS, NO_PROXY: 'host:9000' }, 'HTTPS_PROXY'],
])('%s can not go through %j', (url, env, variable) => {
  expect(() => requireHttpProxy(url, env)).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        new RegExp(`^(?!.*secret)the proxy in \\$${variable} is one for socks5`),
      ),
    }),
  );
});

it.each([
  ['https://host', { HTTPS_PROXY: 'https://proxy', ALL_PROXY: SOCKS }],
  ['https://host', { HTTP_PROXY: SOCKS }],
  ['http://127.0.0.1:9000', { HTTP_PROXY: SOCKS }],
  ['http://[::1]:9000', { HTTP_PROXY: SOCKS }],
  ['https://host', { HTTPS_PROXY: SOCKS, NO_PROXY: '*' }],
  ['https://host:9000', { HTTPS_PROXY: SOCKS, no_proxy: 'HOST:9000' }],
  ['https://a.example.test', { HTTPS_PROXY: SOCKS, NO_PROXY: 'other,.example.test' }],
  ['https://a.example.test', { HTTPS_PROXY: SOCKS, NO_PROXY: '*.example.test' }],
  ['https://a.example.test', { HTTPS_PROXY: SOCKS, NO_PROXY: 'example.test' }],
])('%s may with %j', (url, env) => {
  expect(() => requireHttpProxy(url, env)).not.toThrow();
});

it('names the variable of what is no URL, never its value', () => {
  const env = { HTTPS_PROXY: 'http://user:sec/ret@host:port' };
  expect(() => completedProxies(env)).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^(?=.*\$HTTPS_PROXY)(?!.*ret)/),
    }),
  );
});
