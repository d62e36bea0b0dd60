import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRepository, encodeConnectionToken, occupancyOf, openStorage } from '@holdfast/repository';
import { parseBlobId } from '../../packages/repository/src/blob/blob-id.ts';
import { processEnvironment } from '../../packages/repository/src/blob/environment.ts';
import { type CliProcess, type CliResult, openCli } from '../../packages/cli/src/testing/cli-process.ts';
import { hasOpenSsl, startUntrustedServer } from '../rigs/certificate.ts';
import type { Cloud, CloudLocation, RequestKind } from '../rigs/cloud.ts';
import { CLOUDS } from '../rigs/clouds.ts';
import { type FaultyProxy, type ProxyAnswer, startFaultyProxy } from '../rigs/faulty-proxy.ts';
import { findRig, titleForRig } from '../rigs/installed.ts';

const PASSWORD = 'correct horse';
/** Somebody who waits for retries would wait for minutes. */
const SOON_MS = 15_000;

describe.for(CLOUDS)('%s', ([name, start]) => {
  describe.skipIf(findRig(name) === undefined)(titleForRig(name, 'what a store refuses'), () => {
    let cloud: Cloud;
    let proxy: FaultyProxy;
    let cli: CliProcess;
    let refused: Partial<Record<RequestKind, ProxyAnswer>> = {};
    let skewMs = 0;

    beforeAll(async () => {
      cloud = await start();
      await cloud.createBucket('blobs');
      proxy = await startFaultyProxy({
        upstream: cloud.upstream,
        answerOf: (request) => refused[cloud.kindOf(request) ?? 'list'],
        changeHeaders: (headers) => ({
          ...headers,
          date: new Date(Date.parse(headers.date ?? '') + skewMs).toUTCString(),
        }),
      });
      await makeRepository(cloud, 'good/');
    });
    beforeEach(() => {
      [refused, skewMs] = [{}, 0];
      cli = openCli();
      mkdirSync(cli.path('source'));
      writeFileSync(cli.path('source/file'), 'text');
    });
    afterEach(() => cli[Symbol.dispose]());
    afterAll(async () => {
      await proxy.stop();
      await cloud.stop();
    });

    const env = () => ({ ...cloud.env(proxy.endpoint), HOLDFAST_PASSWORD: PASSWORD });
    const run = (...args: string[]): Promise<CliResult> => cli.run(args, { env: env() });
    const connect = async (
      location: CloudLocation = cloud.location('blobs', 'good/', proxy.endpoint),
    ): Promise<CliResult> => {
      const stdin = encodeConnectionToken({ storage: location, password: '' });
      return await cli.run(['repository', 'connect', 'from-config', '--token-stdin'], { env: env(), stdin });
    };
    /** Ends with 1 and one plain line, soon. */
    const stops = async (message: RegExp, ...args: string[]): Promise<void> => {
      const startMs = performance.now();
      plainly(await run(...args), message);
      expect(performance.now() - startMs).toBeLessThan(SOON_MS);
    };

    it('says that there is no such bucket', async () => {
      plainly(
        await connect(cloud.location('missing', '', proxy.endpoint)),
        /there is no such (?:bucket|container)/,
      );
    });

    it('says that reading is denied', async () => {
      expect((await connect()).stderr).toMatch(/^Connected to/);
      refused = { read: cloud.denied };
      await stops(/credentials do not allow to read/, 'snapshot', 'list');
      plainly(await connect(), /credentials do not allow to read/);
    });

    it('says that listing is denied', async () => {
      expect((await connect()).stderr).toMatch(/^Connected to/);
      refused = { list: cloud.denied };
      await stops(/credentials do not allow to (?:read|list)/, 'snapshot', 'list');
    });

    it('says that writing is denied', async () => {
      expect((await connect()).stderr).toMatch(/^Connected to/);
      refused = { write: cloud.denied };
      await stops(/credentials do not allow to write/, 'snapshot', 'create', 'source');
    });

    it('says that deleting is denied', async () => {
      expect((await connect()).stderr).toMatch(/^Connected to/);
      refused = { delete: cloud.denied };
      const { stdout, code } = await run('repository', 'validate-provider', '--concurrency-test-duration=0');
      expect([code, stdout]).toEqual([1, expect.stringMatching(/FAIL.*credentials do not allow to delete/)]);
      // Credentials that can't delete are a way to keep backups from those who get at this machine.
      const created = await run('snapshot', 'create', 'source', '--json');
      expect(created.code).toBe(0);
      expect(await run('snapshot', 'delete', JSON.parse(created.stdout).id, '--delete')).toMatchObject({
        code: 0,
      });
      expect(await run('maintenance', 'set', '--owner=me')).toMatchObject({ code: 0 });
      await stops(/credentials do not allow to delete/, 'maintenance', 'run', '--full', '--safety=none');
    });

    it('says that a token has expired, also in the middle', async () => {
      expect((await connect()).stderr).toMatch(/^Connected to/);
      refused = { read: cloud.expired, list: cloud.expired };
      await stops(/expired|the service said 401/, 'snapshot', 'list');
      refused = { write: cloud.expired };
      await stops(/expired|the service said 401/, 'snapshot', 'create', 'source');
    });

    it.each([600_000, -600_000])('refuses to write with a clock that is %d ms wrong', async (wrongMs) => {
      expect((await connect()).stderr).toMatch(/^Connected to/);
      skewMs = wrongMs;
      await stops(/this machine's clock is 10 minutes/, 'snapshot', 'create', 'source');
      expect(await run('snapshot', 'list')).toMatchObject({ code: 0 });
    });

    it('does not mind a clock that is 4 minutes wrong', async () => {
      expect((await connect()).stderr).toMatch(/^Connected to/);
      skewMs = 240_000;
      expect(await run('snapshot', 'create', 'source')).toMatchObject({ code: 0 });
    });

    it('says that a place holds something else', async () => {
      const location = cloud.location('blobs', 'other/', cloud.upstream);
      const environment = { ...processEnvironment, env: { ...process.env, ...cloud.env(cloud.upstream) } };
      const storage = await openStorage(location, 'create', environment);
      await storage.put(parseBlobId('photo.jpg'), [Buffer.from('not a backup')]);
      await storage.close();
      plainly(await connect(cloud.location('blobs', 'other/', proxy.endpoint)), /no repository/i);
    });

    it('sees what others have below a prefix', async () => {
      const environment = { ...processEnvironment, env: { ...process.env, ...cloud.env(cloud.upstream) } };
      const open = (prefix: string) =>
        openStorage(cloud.location('blobs', prefix, cloud.upstream), 'create', environment);
      const theirs = await open('velero/backups/');
      const ours = await open('velero/');
      expect(await occupancyOf(ours)).toEqual({ kind: 'empty' });
      await theirs.put(parseBlobId('b1'), [Buffer.from('not a blob')]);
      expect(await occupancyOf(ours)).toEqual({ kind: 'other', blob: 'backups/b1' });
      await Promise.all([theirs.close(), ours.close()]);
    });

    it.skipIf(!hasOpenSsl)('says that a certificate is not trusted', async () => {
      const server = await startUntrustedServer();
      const { type, config } = cloud.location('blobs', '', server.endpoint);
      const endpoint = String(config['endpoint']).replace('http:', 'https:');
      const location = { type, config: { ...config, doNotUseTLS: false, endpoint } };
      const stdin = encodeConnectionToken({ storage: location, password: '' });
      const secure = { STORAGE_EMULATOR_HOST: `https://${server.endpoint}`, HOLDFAST_PASSWORD: PASSWORD };
      const result = await cli.run(['repository', 'connect', 'from-config', '--token-stdin'], {
        env: secure,
        stdin,
      });
      server.stop();
      plainly(result, /certificate is not trusted/);
    });
  });
});

/** Ends with 1, nothing on standard output, and no stack. */
function plainly(result: CliResult, message: RegExp): void {
  expect(result.stderr).toMatch(message);
  expect(result.stderr).not.toMatch(/internal error|\n\s+at /);
  expect(result.code).toBe(1);
}

async function makeRepository(cloud: Cloud, prefix: string): Promise<void> {
  using scratch = openCli();
  const environment = { ...processEnvironment, env: { ...process.env, ...cloud.env(cloud.upstream) } };
  const storage = await openStorage(cloud.location('blobs', prefix, cloud.upstream), 'create', environment);
  const repository = await createRepository({
    storage,
    password: PASSWORD,
    cacheDirectory: scratch.path('cache'),
    client: { username: 'user', hostname: 'host' },
  });
  await repository.close();
}
