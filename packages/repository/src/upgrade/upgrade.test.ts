import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { parseBlobId } from '../blob/blob-id.ts';
import { createMemoryStorage } from '../blob/memory.ts';
import type { BlobStorage } from '../blob/storage.ts';
import type { ContentId } from '../content/content-id.ts';
import type { NewFormat } from '../format/create-format.ts';
import type { ParameterChanges } from '../format/set-parameters.ts';
import { createRepository, Repository } from '../repository.ts';
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts';
import { createFaultyStorage } from '../testing/faulty-storage.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { setRepositoryParameters } from './set-repository-parameters.ts';
import { rollbackUpgrade, upgradeRepository } from './upgrade-repository.ts';

const MINUTE_MS = 60_000;
const OPTIONS = {
  ownerId: 'me',
  ioDrainTimeoutMs: 15 * MINUTE_MS,
  statusPollIntervalMs: MINUTE_MS,
  maxClockDriftMs: 5 * MINUTE_MS,
};

let directory: ReturnType<typeof temporaryDirectory>;
let clock: FakeClock;
let storage: BlobStorage;

beforeEach(() => {
  directory = temporaryDirectory();
  clock = createFakeClock();
  storage = createMemoryStorage({ clock });
});
afterEach(() => directory[Symbol.dispose]());

async function open(upgradeOwnerId?: string): Promise<Repository> {
  return await Repository.open({ ...options(), ...(upgradeOwnerId !== undefined && { upgradeOwnerId }) });
}

function options(): Parameters<typeof createRepository>[0] {
  const client = { username: 'user', hostname: 'host' };
  return { storage, clock, client, password: 'pw', cacheDirectory: directory.path, workers: 1 };
}

async function create(format: NewFormat): Promise<ContentId[]> {
  return await writeSome(await createRepository({ ...options(), format }), 'before');
}

async function writeSome(repository: Repository, text: string): Promise<ContentId[]> {
  const ids: ContentId[] = [];
  for (let flush = 0; flush < 3; flush++) {
    ids.push(await repository.writer().contents.write('', Buffer.from(`${text} ${flush}`), ''));
    await repository.writer().flush();
  }
  return ids;
}

async function expectReadable(ids: readonly ContentId[]): Promise<Repository> {
  const repository = await open();
  for (const id of ids) expect((await repository.contents.read(id)).length).toBeGreaterThan(0);
  return repository;
}

async function copyOf(original: BlobStorage): Promise<BlobStorage> {
  const copy = createMemoryStorage({ clock });
  for await (const { id } of original.list('')) await copy.put(id, [await original.get(id)]);
  return copy;
}

async function names(prefix: string): Promise<string[]> {
  return (await Array.fromAsync(storage.list(prefix))).map(({ id }) => id);
}

describe('parameters', () => {
  test('change and stay changed, and the rest stays', async () => {
    const ids = await create({ formatVersion: 3 });
    const before = (await open()).opened.format;
    const changes = { maxPackSize: 33 << 20, epochs: { fullCheckpointFrequency: 9 } };
    await setRepositoryParameters((await open()).maintenanceParts(), changes);
    const { format } = (await expectReadable(ids)).opened;
    const epochParameters = { ...before.epochParameters, fullCheckpointFrequency: 9 };
    expect(format).toEqual({ ...before, maxPackSize: 33 << 20, epochParameters });
  });

  test.each<[string, ParameterChanges]>([
    ['small packs', { maxPackSize: 1 << 20 }],
    ['an index version that shrinks', { indexVersion: 1 }],
    ['an index version of the future', { indexVersion: 3 }],
    ['a period without a mode', { retentionPeriodMs: 1e9 }],
    ['a day that is too short', { retentionMode: 'GOVERNANCE', retentionPeriodMs: 1000 }],
    ['short epochs', { epochs: { minEpochDurationMs: 1 } }],
    ['a refresh that takes an epoch', { epochs: { epochRefreshFrequencyMs: 23 * 60 * MINUTE_MS } }],
    ['a margin too small', { epochs: { cleanupSafetyMarginMs: MINUTE_MS } }],
    ['no room in an epoch', { epochs: { epochAdvanceOnCountThreshold: 1 } }],
  ])('refuse %s and change nothing', async (_, changes) => {
    await create({ formatVersion: 3 });
    const before = await storage.get(parseBlobId('kopia.repository'));
    const change = setRepositoryParameters((await open()).maintenanceParts(), changes);
    await expect(change).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(await storage.get(parseBlobId('kopia.repository'))).toEqual(before);
  });

  test('with upgrade give a repository of format 1 epochs, and keep all its contents', async () => {
    const ids = await create({ formatVersion: 1 });
    await storage.put(parseBlobId('xn0_0123456789abcdef0123456789abcdef-s00-c1'), [new Uint8Array(9)]);
    const repository = await open();
    await setRepositoryParameters(repository.maintenanceParts(), { upgrade: true });
    expect(await names('n')).toContainEqual(expect.stringContaining('repository_unreadable'));
    const upgraded = await expectReadable(ids);
    const { format } = upgraded.opened;
    expect(format).toMatchObject({ formatVersion: 2, indexVersion: 2, enablePasswordChange: false });
    expect(format.epochParameters.enabled).toBe(true);
    await expectReadable([...ids, ...(await writeSome(upgraded, 'after'))]);
  });

  test('with upgrade keep what another client wrote to the old index meanwhile', async () => {
    const ids = await create({ formatVersion: 1 });
    const late = await open();
    const repository = await open();
    const parts = repository.maintenanceParts();
    let lateIds: readonly ContentId[] = [];
    const racing = Object.assign(Object.create(parts.storage) as BlobStorage, {
      put: async (...args: Parameters<BlobStorage['put']>) => {
        if (args[0] === 'kopia.repository') lateIds = await writeSome(late, 'late');
        await parts.storage.put(...args);
      },
    });
    await setRepositoryParameters({ ...parts, storage: racing }, { upgrade: true });
    expect(lateIds).toHaveLength(3);
    await expectReadable([...ids, ...lateIds]);
  });
});

describe('upgrade', () => {
  test('keeps others out, waits for them, and ends with the newest format', async () => {
    const ids = await create({ formatVersion: 1 });
    const waits: number[] = [];
    const startedMs = clock.nowMs();
    const onWait = (leftMs: number): void => void waits.push(leftMs);
    const parts = (await open('me')).maintenanceParts();
    expect(await upgradeRepository(parts, { ...OPTIONS, onWait })).toBe(true);
    expect(clock.nowMs() - startedMs).toBe(35 * MINUTE_MS);
    expect(waits).toHaveLength(35);
    const repository = await expectReadable(ids);
    expect(repository.opened.format).toMatchObject({ formatVersion: 3, upgradeLock: undefined });
    expect(await names('kopia.repository.backup.')).toEqual([]);
    expect(await upgradeRepository(repository.maintenanceParts(), OPTIONS)).toBe(false);
    await expectReadable([...ids, ...(await writeSome(repository, 'after'))]);
  });

  test('takes format 2 to 3 without waiting', async () => {
    const ids = await create({ formatVersion: 2 });
    const startedMs = clock.nowMs();
    expect(await upgradeRepository((await open('me')).maintenanceParts(), OPTIONS)).toBe(true);
    expect(clock.nowMs()).toBe(startedMs);
    expect((await expectReadable(ids)).opened.format.formatVersion).toBe(3);
  });

  test('that was cut off can be gone on with by its owner alone, or rolled back', async () => {
    const ids = await create({ formatVersion: 1 });
    const before = await storage.get(parseBlobId('kopia.repository'));
    const cutOff = async (): Promise<void> => {
      const signal = AbortSignal.abort(new Error('cut off'));
      const parts = (await open('me')).maintenanceParts();
      await expect(upgradeRepository(parts, { ...OPTIONS, signal })).rejects.toThrow('cut off');
    };
    await cutOff();
    expect(await names('kopia.repository.backup.')).toEqual(['kopia.repository.backup.me']);
    await expect(open()).rejects.toMatchObject({ code: 'UPGRADE_IN_PROGRESS' });
    await expect(open('you')).rejects.toMatchObject({ code: 'UPGRADE_IN_PROGRESS' });
    await rollbackUpgrade((await open('me')).maintenanceParts());
    expect(await storage.get(parseBlobId('kopia.repository'))).toEqual(before);
    await expectReadable(ids);
    await cutOff();
    expect(await upgradeRepository((await open('me')).maintenanceParts(), OPTIONS)).toBe(true);
    await expectReadable(ids);
  });

  test('survives a power cut before any write, and then completes', async () => {
    const ids = await create({ formatVersion: 1 });
    const original = storage;
    for (let mutations = 0; mutations < 40; mutations++) {
      const sound = await copyOf(original);
      const faulty = createFaultyStorage(sound);
      storage = faulty;
      const parts = (await open('me')).maintenanceParts();
      faulty.cutPowerAfter(mutations);
      const isDone = await upgradeRepository(parts, OPTIONS).catch(() => undefined);
      storage = sound;
      if (isDone === true) return expect(mutations).toBeGreaterThan(5);
      await upgradeRepository((await open('me')).maintenanceParts(), OPTIONS);
      await expectReadable(ids);
    }
    throw new Error('the upgrade never completed');
  }, 120_000);
});
