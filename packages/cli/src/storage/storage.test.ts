import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { expect, onTestFinished, test } from 'vitest';
import type { StorageLocation } from '@holdfast/repository';
import { fakeContext } from '../testing/fake-context.ts';
import { PROVIDERS } from './provider.ts';

function parse(
  subcommand: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { location: StorageLocation; stderr: string } {
  const provider = PROVIDERS.find(({ type, subcommand: own }) => (own ?? type) === subcommand);
  if (provider === undefined) throw new Error(`no ${subcommand}`);
  const { context, recorded } = fakeContext({ env, cwd: tmpdir() });
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  provider.addFlags(command);
  command.parse([...args], { from: 'user' });
  const location = provider.location(command, context, {});
  const config = Object.fromEntries(
    Object.entries(location.config).filter(([, value]) => value !== undefined),
  );
  return { location: { type: location.type, config }, stderr: recorded.stderr };
}

test('s3: flags become the members that kopia knows', () => {
  const flags =
    '--bucket=b --prefix=p/ --endpoint=h:9000 --region=r --access-key=id --secret-access-key=key ' +
    '--disable-tls --max-upload-speed=1e6 --point-in-time=2026-01-31T00:00:00Z --addressing=virtual';
  const { location, stderr } = parse('s3', flags.split(' '));
  expect(location).toEqual({
    type: 's3',
    config: {
      bucket: 'b',
      prefix: 'p/',
      endpoint: 'h:9000',
      region: 'r',
      accessKeyID: 'id',
      secretAccessKey: 'key',
      sessionToken: '',
      doNotUseTLS: true,
      maxUploadSpeedBytesPerSecond: 1e6,
      pointInTime: '2026-01-31T00:00:00Z',
      addressing: 'virtual',
    },
  });
  expect(stderr).toMatch(/others on this machine can see --secret-access-key/);
});

test('s3: keys come from the environment, and may be missing', () => {
  const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key', AWS_SESSION_TOKEN: 'token' };
  const { location, stderr } = parse('s3', ['--bucket', 'b'], env);
  expect(location.config).toEqual({
    bucket: 'b',
    endpoint: 's3.amazonaws.com',
    accessKeyID: 'id',
    secretAccessKey: 'key',
    sessionToken: 'token',
  });
  expect(stderr).toBe('');
  expect(parse('s3', ['--bucket', 'b']).location.config['accessKeyID']).toBe('');
});

test('s3: takes a certificate authority from a file or as text, not both', () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-ca-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'ca.pem');
  writeFileSync(path, 'PEM');
  const rootCA = Buffer.from('PEM').toString('base64');
  const of = (...flags: string[]) => parse('s3', ['--bucket', 'b', ...flags]).location.config['rootCA'];
  expect(of('--root-ca-pem-path', path)).toBe(rootCA);
  expect(of('--root-ca-pem-base64', rootCA)).toBe(rootCA);
  expect(() => of('--root-ca-pem-path', path, '--root-ca-pem-base64', rootCA)).toThrow(/together/);
  expect(() => of('--root-ca-pem-path', join(directory, 'missing'))).toThrow(/no such file/);
});

test.each([
  ['s3', ['--bucket', 'b', '--point-in-time', 'yesterday']],
  ['s3', ['--bucket', 'b', '--max-upload-speed', '-1']],
  ['s3', []],
  ['azure', ['--container', 'c']],
  ['gcs', ['--bucket', 'b', '--embed-credentials']],
])('%s: refuses %j', (subcommand, args) => {
  expect(() => parse(subcommand, args)).toThrow();
});

test('azure: flags and environment become the members that kopia knows', () => {
  const env = { AZURE_STORAGE_ACCOUNT: 'account', AZURE_CLIENT_SECRET: 'secret' };
  const flags = [
    '--container=c',
    '--tenant-id=t',
    '--client-id=i',
    '--prefix=p/',
    '--point-in-time=2026-01-31T00:00:00Z',
  ];
  expect(parse('azure', flags, env).location).toEqual({
    type: 'azureBlob',
    config: {
      container: 'c',
      prefix: 'p/',
      storageAccount: 'account',
      TenantID: 't',
      ClientID: 'i',
      ClientSecret: 'secret',
      pointInTime: '2026-01-31T00:00:00Z',
    },
  });
});

test('filesystem: keeps the limits of speed', () => {
  const flags = ['--path=/r', '--max-download-speed=1e6', '--max-upload-speed=2e6'];
  expect(parse('filesystem', flags).location.config).toMatchObject({
    path: '/r',
    maxDownloadSpeedBytesPerSecond: 1e6,
    maxUploadSpeedBytesPerSecond: 2e6,
  });
});

test('gcs: keeps where the key is, or the key itself', () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-gcs-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'key.json');
  writeFileSync(path, '{"client_email":"a@b"}');
  const flags = ['--bucket=b', '--credentials-file', path];
  const pointInTime = '2026-01-31T00:00:00Z';
  expect(parse('gcs', [...flags, `--point-in-time=${pointInTime}`]).location.config).toEqual({
    bucket: 'b',
    credentialsFile: path,
    pointInTime,
  });
  expect(parse('gcs', [...flags, '--embed-credentials']).location.config).toEqual({
    bucket: 'b',
    credentials: { client_email: 'a@b' },
  });
});
