import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StorageAccess } from '../../packages/repository/src/blob/access.ts';
import { parseBlobId } from '../../packages/repository/src/blob/blob-id.ts';
import { processEnvironment } from '../../packages/repository/src/blob/environment.ts';
import { createS3Storage } from '../../packages/repository/src/blob/s3.ts';
import { decodeS3Options } from '../../packages/repository/src/blob/s3-options.ts';
import type { BlobStorage } from '../../packages/repository/src/blob/storage.ts';
import { validateProvider } from '../../packages/repository/src/blob/validate-provider.ts';
import { collect } from '../../packages/repository/src/testing/collect.ts';
import { createFakeClock } from '../../packages/repository/src/testing/fake-clock.ts';
import {
  describeStorage,
  type KnownLacks,
} from '../../packages/repository/src/testing/storage-conformance.ts';
import { findRig, type RigName, titleForRig } from '../rigs/installed.ts';
import { s3Connection, type S3Rig } from '../rigs/s3-rig.ts';
import { startSeaweedFs } from '../rigs/seaweedfs.ts';
import { startVersityGw } from '../rigs/versitygw.ts';

const RIGS: readonly [RigName, () => Promise<S3Rig>][] = [
  ['seaweedfs', startSeaweedFs],
  ['versitygw', startVersityGw],
];

/** SeaweedFS takes a backslash for a slash. */
const LACKS: Partial<Record<RigName, KnownLacks>> = { seaweedfs: { names: /\\/ } };

const P1 = parseBlobId('p1');
const Q1 = parseBlobId('q1');

describe.for(RIGS)('%s', ([name, start]) => {
  describe.skipIf(findRig(name) === undefined)(titleForRig(name, 'S3'), () => {
    let rig: S3Rig;
    beforeAll(async () => {
      rig = await start();
      await rig.createBucket('blobs', { lock: true });
      await rig.createBucket('plain');
    });
    afterAll(() => rig.stop());

    const open = async (
      changes: Readonly<Record<string, unknown>> = {},
      access: StorageAccess = 'create',
      environment = processEnvironment,
    ): Promise<BlobStorage> =>
      await createS3Storage(
        decodeS3Options({ ...s3Connection(rig, 'plain'), ...changes }),
        access,
        environment,
      );

    let storages = 0;
    describeStorage('S3', () => open({ bucket: 'blobs', prefix: `conformance-${storages++}/` }), LACKS[name]);
    it('needs no prefix', async () => {
      await rig.createBucket('whole');
      const storage = await open({ bucket: 'whole' });
      await storage.put(P1, [Buffer.from('abc')]);
      expect(await collect(storage.list(''))).toEqual([await storage.getMetadata(P1)]);
    });

    it('says what is wrong with the place or the key', async () => {
      await expect(open({ bucket: 'missing' })).rejects.toMatchObject({ code: 'STORAGE_NOT_FOUND' });
      await expect(open({ accessKeyID: 'nobody' })).rejects.toMatchObject({ code: 'STORAGE_DENIED' });
      await expect(open({ secretAccessKey: 'wrong' })).rejects.toMatchObject({ code: 'STORAGE_DENIED' });
      await expect(open({ endpoint: '127.0.0.1:1' })).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      await expect(open({ endpoint: 'no.such.host.invalid' })).rejects.toMatchObject({
        code: 'STORAGE_FAILED',
      });
      await expect(open({ doNotUseTLS: false })).rejects.toMatchObject({ code: 'STORAGE_UNTRUSTED' });
    });

    it('refuses to write with a wrong clock, and reads all the same', async () => {
      const clock = { ...processEnvironment.clock, nowMs: () => createFakeClock().nowMs() };
      const environment = { ...processEnvironment, clock };
      await expect(open({}, 'read-write', environment)).rejects.toMatchObject({ code: 'CLOCK_SKEW' });
      await (await open({}, 'read-only', environment)).close();
    });

    it('writes nothing when opened for reading', async () => {
      const storage = await open({}, 'read-only');
      await expect(storage.put(P1, [])).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
      await expect(storage.delete(P1)).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
    });

    it('does not see what is below another prefix, or a directory', async () => {
      const storage = await open({ prefix: 'own/' });
      await storage.put(P1, []);
      for (const Key of ['own/', 'own/deeper/p9', 'owner/p9', 'own2'])
        await rig.client.send(new PutObjectCommand({ Bucket: 'plain', Key, Body: new Uint8Array() }));
      expect((await collect(storage.list(''))).map(({ id }) => id)).toEqual([P1]);
    });

    it('obeys and hides .storageconfig', async () => {
      const rules = { blobOptions: [{ prefix: 'q', storageClass: 'STANDARD' }] };
      const put = { Bucket: 'plain', Key: 'classes/.storageconfig', Body: JSON.stringify(rules) };
      await rig.client.send(new PutObjectCommand(put));
      const storage = await open({ prefix: 'classes/' });
      await storage.put(Q1, [Buffer.from('abc')]);
      expect((await collect(storage.list(''))).map(({ id }) => id)).toEqual([Q1]);
      await rig.client.send(new PutObjectCommand({ ...put, Body: '{' }));
      await expect(open({ prefix: 'classes/' })).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
    });

    // versitygw has no encryption of its own.
    it.skipIf(name === 'versitygw')('has the service encrypt what .storageconfig says', async () => {
      const rules = { blobOptions: [{ prefix: 'q', sse: 'AES256' }] };
      const put = { Bucket: 'plain', Key: 'sse/.storageconfig', Body: JSON.stringify(rules) };
      await rig.client.send(new PutObjectCommand(put));
      const storage = await open({ prefix: 'sse/' });
      for (const id of [P1, Q1]) await storage.put(id, [Buffer.from('abc')]);
      const encryptionOf = async (id: string) =>
        (await rig.client.send(new HeadObjectCommand({ Bucket: 'plain', Key: `sse/${id}` })))
          .ServerSideEncryption;
      expect([await encryptionOf(P1), await encryptionOf(Q1)]).toEqual([undefined, 'AES256']);
      expect(Buffer.from(await storage.get(Q1, { offset: 1, length: 2 })).toString()).toBe('bc');
    });

    it('keeps locked blobs from being deleted for good, and refuses to lock in a plain bucket', async () => {
      const retention = { mode: 'GOVERNANCE', periodMs: 60_000 } as const;
      const plain = await open({ prefix: 'unlocked/' });
      await expect(plain.put(P1, [Buffer.from('abc')], { retention })).rejects.toMatchObject({
        code: 'STORAGE_UNSUPPORTED',
      });
      const locked = await open({ bucket: 'blobs', prefix: 'locked/' });
      await locked.put(P1, [Buffer.from('abc')], { retention });
      await locked.delete(P1);
      await expect(locked.get(P1)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
      const { Versions = [] } = await rig.client.send(
        new ListObjectVersionsCommand({ Bucket: 'blobs', Prefix: 'locked/p1' }),
      );
      expect(Versions).toHaveLength(1);
      const deletion = { Bucket: 'blobs', Key: 'locked/p1', VersionId: Versions[0]?.VersionId };
      await expect(rig.client.send(new DeleteObjectCommand(deletion))).rejects.toThrow(/lock|denied/i);
    });

    it('is found to lock blobs where the bucket does', async () => {
      const skippedIn = async (bucket: string): Promise<readonly string[]> => {
        const skipped: string[] = [];
        const lacks = await validateProvider(await open({ bucket, prefix: 'tried/' }), {
          blobBytes: 100_000,
          onCheck: (check) => void (check.skipped !== undefined && skipped.push(check.expectation)),
        });
        expect(lacks).toEqual([]);
        return skipped;
      };
      expect(await skippedIn('blobs')).toEqual([]);
      expect(await skippedIn('plain')).toEqual(['a blob can be written with a lock']);
    });

    // versitygw dates old versions by when they were replaced.
    it.skipIf(name === 'versitygw')('shows a bucket as of an earlier time', async () => {
      const storage = await open({ bucket: 'blobs', prefix: 'past/' });
      await storage.put(P1, [Buffer.from('old')]);
      await storage.put(Q1, [Buffer.from('only then')]);
      await processEnvironment.clock.sleep(1100);
      const timeMs = (await storage.getMetadata(Q1)).timestampMs + 999;
      await storage.put(P1, [Buffer.from('newer')]);
      await storage.delete(Q1);
      await storage.put(parseBlobId('p2'), []);
      const past = await open({
        bucket: 'blobs',
        prefix: 'past/',
        pointInTime: new Date(timeMs).toISOString(),
      });
      expect((await collect(past.list(''))).map(({ id, length }) => [id, length])).toEqual([
        [P1, 3],
        [Q1, 9],
      ]);
      expect(Buffer.from(await past.get(P1, { offset: 1, length: 2 })).toString()).toBe('ld');
      expect(await past.getMetadata(Q1)).toMatchObject({ length: 9 });
      await expect(past.get(parseBlobId('p2'))).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
      await expect(past.put(P1, [])).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
      const noVersions = { pointInTime: new Date(timeMs).toISOString() };
      await expect(open(noVersions)).rejects.toMatchObject({ code: 'STORAGE_UNSUPPORTED' });
    });
  });
});
