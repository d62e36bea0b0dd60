import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openCli } from '../../packages/cli/src/testing/cli-process.ts';
import { type FaultyProxy, type ProxyFault, startFaultyProxy } from '../rigs/faulty-proxy.ts';
import { findRig, titleForRig } from '../rigs/installed.ts';
import type { S3Rig } from '../rigs/s3-rig.ts';
import { startSeaweedFs } from '../rigs/seaweedfs.ts';
import { cliBucket, createInBucket } from './cli-bucket.ts';

describe.skipIf(findRig('seaweedfs') === undefined)(titleForRig('seaweedfs', 'the cost of a command'), () => {
  let rig: S3Rig;
  let proxy: FaultyProxy | undefined;
  beforeAll(async () => {
    rig = await startSeaweedFs();
    await rig.createBucket('blobs');
  });
  afterEach(async () => await proxy?.stop());
  afterAll(() => rig.stop());

  it('counts what the service saw, attempt by attempt', async () => {
    using cli = openCli();
    let seen: { method: string; list: boolean }[] = [];
    const faults: ProxyFault[] = [];
    proxy = await startFaultyProxy({
      upstream: rig.endpoint,
      faultOf: ({ method, url }) => {
        seen.push({ method, list: url.includes('list-type=2') });
        return faults.shift();
      },
    });
    const bucket = cliBucket(rig, { bucket: 'blobs', prefix: 'cost/', endpoint: proxy.endpoint });
    expect((await createInBucket(cli, bucket)).code).toBe(0);
    const source = join(cli.directory, 'source');
    mkdirSync(source);
    writeFileSync(join(source, 'file'), Buffer.alloc(100_000, 'abc'));

    seen = [];
    faults.push('slow-down', 'reset-after');
    const create = ['snapshot', 'create', source, '--json', '--cost'];
    const { code, stdout, stderr } = await cli.run(create, bucket);
    expect([code, JSON.parse(stdout).source.path]).toEqual([0, source]);
    const { cost } = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '');
    const count = (method: string, list = false): number =>
      seen.filter((request) => request.method === method && request.list === list).length;
    expect(cost.requests).toEqual({
      get: count('GET'),
      head: count('HEAD'),
      list: count('GET', true),
      put: count('PUT'),
      delete: count('DELETE'),
      lock: 0,
    });
    expect(cost.failed).toBeGreaterThan(1);
    expect(cost.uploadedBytes).toBeGreaterThan(1000);
  });
});
