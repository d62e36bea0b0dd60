import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openCli } from '../../packages/cli/src/testing/cli-process.ts';
import { type FaultyProxy, type ProxyFault, startFaultyProxy } from '../rigs/faulty-proxy.ts';
import { findRig, titleForRig } from '../rigs/installed.ts';
import type { S3Rig } from '../rigs/s3-rig.ts';
import { startSeaweedFs } from '../rigs/seaweedfs.ts';
import { cliBucket, createInBucket } from '../rigs/cli-bucket.ts';

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

  it('grows with bytes, not with files and directories', async () => {
    using cli = openCli();
    const bucket = cliBucket(rig, { bucket: 'blobs', prefix: 'many/' });
    expect((await createInBucket(cli, bucket)).code).toBe(0);
    const source = join(cli.directory, 'source');
    for (let i = 0; i < 300; i++) {
      mkdirSync(join(source, `d${i}`), { recursive: true });
      for (let j = 0; j < 5; j++) writeFileSync(join(source, `d${i}`, `f${j}`), `file ${i} ${j}`);
    }
    writeFileSync(join(source, 'large'), randomBytes(32 << 20));
    const costOf = async (...args: string[]) => {
      const { code, stdout, stderr } = await cli.run([...args, '--json', '--cost'], bucket);
      expect(code, stderr).toBe(0);
      const { cost } = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '');
      const counts: number[] = Object.values(cost.requests);
      return { stdout, cost, requests: counts.reduce((sum, count) => sum + count, 0) };
    };
    const first = await costOf('snapshot', 'create', source);
    const unchanged = await costOf('snapshot', 'create', source);
    expect(unchanged.requests).toBeLessThan(50);
    expect(unchanged.cost.downloadedBytes).toBeLessThan(2 << 20);
    const { id } = JSON.parse(first.stdout);
    const one = await costOf('restore', `${id}/d7/f3`, join(cli.directory, 'one'));
    expect(one.cost.downloadedBytes).toBeLessThan(2 << 20);
    const large = await costOf('restore', `${id}/large`, join(cli.directory, 'large'));
    expect(large.cost.downloadedBytes).toBeLessThan((32 << 20) * 1.2);
    expect(large.requests).toBeLessThan(40);
  });
});
