import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parseBlobId } from './blob-id.ts';
import { openStorage } from './drivers.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import { processEnvironment } from './environment.ts';
import { asLocalFiles } from './powers.ts';
import type { BlobStorage } from './storage.ts';
import { createThrottle, type Throttle } from './throttle.ts';

it('opens the kind of storage that is named', async () => {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-drivers-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  const storage = await openStorage({ type: 'filesystem', config: { path } }, 'create');
  await storage.put(parseBlobId('p1'), []);
  expect(storage.description).toBe(`filesystem ${path}`);
});

it('keeps a directory within the limits of its connection, so that no thread reads its files by itself', async () => {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-drivers-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  const open = async (limits: object): Promise<BlobStorage> =>
    await openStorage({ type: 'filesystem', config: { path, ...limits } }, 'create');
  expect(asLocalFiles(await open({}))).toBeDefined();
  expect(asLocalFiles(await open({ maxDownloadSpeedBytesPerSecond: 1000 }))).toBeUndefined();
});

it('keeps within the limits of the environment, else of the storage', async () => {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-drivers-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  const clock = createFakeClock();
  const environment = { ...processEnvironment, clock };
  const secondsOfThree = async (throttle?: Throttle): Promise<number> => {
    const config = { path, writesPerSecond: 1 };
    const at = { type: 'filesystem', config };
    const storage = await openStorage(at, 'create', { ...environment, ...(throttle && { throttle }) });
    expect(asLocalFiles(storage)).toBeUndefined();
    const startMs = clock.nowMs();
    for (const name of ['p1', 'p2', 'p3']) await storage.put(parseBlobId(name), []);
    return (clock.nowMs() - startMs) / 1000;
  };
  expect(await secondsOfThree()).toBeCloseTo(2, 6);
  expect(await secondsOfThree(createThrottle({ writesPerSecond: 0.5 }, clock))).toBeCloseTo(5, 6);
  expect(await secondsOfThree(createThrottle({}, clock))).toBe(0);
});

it('says what it cannot open', async () => {
  for (const type of ['gdrive', 'constructor'])
    await expect(openStorage({ type, config: {} }, 'read-write')).rejects.toMatchObject({
      code: 'STORAGE_UNSUPPORTED',
    });
  await expect(openStorage({ type: 'filesystem', config: {} }, 'read-write')).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  });
});
