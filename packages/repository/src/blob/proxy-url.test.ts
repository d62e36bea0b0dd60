import { expect, it } from 'vitest';
import { proxiesWithScheme } from './proxy-url.ts';

it.each([
  [{ HTTPS_PROXY: 'proxy.example.test:3128' }, { HTTPS_PROXY: 'http://proxy.example.test:3128' }],
  [{ https_proxy: 'user:pass@10.0.0.1:80' }, { https_proxy: 'http://user:pass@10.0.0.1:80' }],
  [{ HTTP_PROXY: ' localhost ' }, { HTTP_PROXY: 'http://localhost' }],
  [{ HTTPS_PROXY: 'https://proxy:1', HTTP_PROXY: '', NO_PROXY: 'host:1' }, {}],
])('%j needs %j', (env, expected) => {
  expect(proxiesWithScheme(env)).toEqual(expected);
});

it('names the variable of what is no URL, never its value', () => {
  const env = { HTTPS_PROXY: 'http://user:sec/ret@host:port' };
  expect(() => proxiesWithScheme(env)).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^(?=.*\$HTTPS_PROXY)(?!.*ret)/),
    }),
  );
});
