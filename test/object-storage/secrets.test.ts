import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCli } from '../../packages/cli/src/testing/cli-process.ts';
import { type FaultyProxy, type ProxyFault, startFaultyProxy } from '../rigs/faulty-proxy.ts';
import { findRig, titleForRig } from '../rigs/installed.ts';
import type { S3Rig } from '../rigs/s3-rig.ts';
import { startSeaweedFs } from '../rigs/seaweedfs.ts';
import { cliBucket } from '../rigs/cli-bucket.ts';
import { expectNone, otherFiles, show, type Shown } from '../support/shown.ts';

const PASSWORD = 'needle-password-57d1';
const TOKEN = 'needle-session-token-91c3';
const AZURE_KEY = Buffer.from('needle-azure-key-e2f7').toString('base64');
const AZURE_SECRET = 'needle-client-secret-1b88';
const SAS = 'sv=2020-01-01&sig=needle-sas-c4d5';

describe.skipIf(findRig('seaweedfs') === undefined)(
  titleForRig('seaweedfs', 'secrets of an S3 repository'),
  () => {
    let rig: S3Rig;
    let proxy: FaultyProxy;
    let faults: ProxyFault[] = [];
    beforeAll(async () => {
      rig = await startSeaweedFs();
      await rig.createBucket('blobs');
      proxy = await startFaultyProxy({ upstream: rig.endpoint, faultOf: () => faults.shift() });
    });
    afterAll(async () => {
      await proxy.stop();
      await rig.stop();
    });

    it('are shown by no command, whether it works or fails', async () => {
      using cli = openCli();
      mkdirSync(cli.path('source'));
      writeFileSync(cli.path('source/file'), 'text');
      const { flags, env: keys } = cliBucket(rig, {
        bucket: 'blobs',
        prefix: 'p/',
        endpoint: proxy.endpoint,
      });
      const env = { ...keys, HOLDFAST_PASSWORD: PASSWORD };
      const secrets = [PASSWORD, TOKEN, rig.secretKey];
      const runs: Shown[] = [];
      const run = async (
        line: string,
        changes: Readonly<Record<string, string>> = {},
      ): Promise<number | null> => {
        runs.push(await show(cli, line.split(' '), { ...env, ...changes }));
        return runs.at(-1)?.code ?? null;
      };
      const place = flags.join(' ');

      expect(await run(`repository create s3 ${place}`)).toBe(0);
      for (const line of [
        'repository status',
        'repository status --json',
        'repository status --reconnect-token',
        'snapshot create source --json --cost',
        'snapshot list --json',
        'blob list --json',
        'maintenance run --full --safety=none --json',
        'policy show --global --json',
      ])
        expect([line, await run(line)]).toEqual([line, 0]);

      expect(await run('snapshot list', { HOLDFAST_PASSWORD: 'wrong' })).toBe(1);
      faults = ['error-500', 'reset-after', 'truncated-body', 'wrong-length', 'slow-down'];
      await run('snapshot verify --verify-files-percent=100 --cost --json');
      for (const wrong of [
        `repository connect s3 ${place} --bucket=missing`,
        `repository connect s3 ${place} --region=needless`,
        `repository connect s3 ${place} --endpoint=127.0.0.1:1`,
        `repository connect s3 ${place} --endpoint=no.such.host.invalid`,
        `repository connect s3 ${place} --prefix=${'x'.repeat(2000)}`,
      ])
        await run(wrong, { AWS_SESSION_TOKEN: TOKEN });
      expect(await run(`repository connect s3 ${place}`, { AWS_SECRET_ACCESS_KEY: `${TOKEN}x` })).toBe(1);

      // The list of processes was looked at, whether the program ran from its sources or bundled.
      expect(runs.filter(({ text }) => text.includes('packages/cli/')).length).toBeGreaterThan(3);
      const [tokenRun] = runs.filter(({ text }) => text.includes('from-config --token-stdin'));
      // A token to connect with is asked for, and holds the keys; the password only when that is asked for too.
      expectNone(tokenRun?.text ?? '', [PASSWORD]);
      for (const { text } of runs.filter((each) => each !== tokenRun)) expectNone(text, secrets);
      expectNone(otherFiles(cli.directory), secrets);
    });
  },
);

it('of Azure and Google are not shown when a connection fails', async () => {
  using cli = openCli();
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const account = {
    type: 'service_account',
    client_email: 'a@b.iam.gserviceaccount.com',
    private_key: pem,
    token_uri: 'http://127.0.0.1:1/token',
  };
  writeFileSync(cli.path('key.json'), JSON.stringify(account));
  writeFileSync(cli.path('damaged.json'), JSON.stringify(account).slice(0, -1));
  const env = { HOLDFAST_PASSWORD: PASSWORD };
  const azureTls = 'repository connect azure --container=c --storage-account=a --storage-domain=127.0.0.1:1';
  const azure = `${azureTls} --disable-tls`;
  const google = 'repository connect gcs --bucket=b --embed-credentials --credentials-file=';
  const tenant = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'i', AZURE_AUTHORITY_HOST: 'https://127.0.0.1:1' };
  const runs = [
    await show(cli, azure.split(' '), { ...env, AZURE_STORAGE_KEY: AZURE_KEY }),
    await show(cli, azure.split(' '), { ...env, AZURE_STORAGE_SAS_TOKEN: SAS }),
    await show(cli, azureTls.split(' '), { ...env, ...tenant, AZURE_CLIENT_SECRET: AZURE_SECRET }),
    await show(cli, `${google}key.json`.split(' '), env),
    await show(cli, `${google}damaged.json`.split(' '), env),
    await show(cli, `${google}key.json`.split(' '), { ...env, STORAGE_EMULATOR_HOST: 'http://127.0.0.1:1' }),
  ];
  expect(runs.map(({ code }) => code)).toEqual([1, 1, 1, 1, 1, 1]);
  const lines = pem.split('\n').filter((line) => line.length > 40);
  for (const { text } of runs)
    expectNone(text, [PASSWORD, AZURE_KEY, AZURE_SECRET, 'needle-sas-c4d5', 'BEGIN PRIVATE KEY', ...lines]);
});

it('that come as flags are warned of', async () => {
  using cli = openCli();
  const args = [
    'repository',
    'connect',
    's3',
    '--bucket=b',
    '--endpoint=127.0.0.1:1',
    `--secret-access-key=${TOKEN}`,
  ];
  const { text } = await show(cli, args, { HOLDFAST_PASSWORD: PASSWORD });
  expect(text).toMatch(/others on this machine can see --secret-access-key/);
  // In the list of processes it is: that is what the warning is for.
  expect(
    text
      .split('\n')
      .filter((line) => line.startsWith('holdfast:'))
      .join('\n'),
  ).not.toContain(TOKEN);
});
