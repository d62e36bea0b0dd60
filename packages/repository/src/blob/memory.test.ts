import { expect, it } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.ts';
import { describeStorage } from '../testing/storage-conformance.ts';
import { parseBlobId } from './blob-id.ts';
import { createMemoryStorage } from './memory.ts';

describeStorage('memory', () => Promise.resolve(createMemoryStorage({ clock: createFakeClock() })));

const id = parseBlobId('p1');
const retention = { mode: 'COMPLIANCE', periodMs: 1000 } as const;
const denied = { code: 'BLOB_LOCKED', detail: { blob: id } };

it('keeps a locked blob until its time is over', async () => {
  const clock = createFakeClock();
  const storage = createMemoryStorage({ clock });
  await storage.put(id, [Buffer.from('a')], { retention });
  clock.advance(999);
  await expect(storage.delete(id)).rejects.toMatchObject(denied);
  await expect(storage.put(id, [])).rejects.toMatchObject(denied);
  clock.advance(1);
  await storage.delete(id);
  await expect(storage.get(id)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
});

it('extends a lock, and never shortens it', async () => {
  const clock = createFakeClock();
  const storage = createMemoryStorage({ clock });
  await storage.put(id, []);
  await storage.extendRetention(id, { ...retention, periodMs: 5000 });
  await storage.extendRetention(id, retention);
  clock.advance(4999);
  await expect(storage.delete(id)).rejects.toMatchObject(denied);
  await expect(storage.extendRetention(parseBlobId('none'), retention)).rejects.toMatchObject({
    code: 'BLOB_NOT_FOUND',
  });
});

it('hides a locked blob when versioned', async () => {
  const storage = createMemoryStorage({ clock: createFakeClock(), versioned: true });
  await storage.put(id, [], { retention });
  await storage.put(id, [Buffer.from('b')], { retention });
  await storage.delete(id);
  await expect(storage.get(id)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
});

it('has timestamps that do not follow a clock set back', async () => {
  const clock = createFakeClock();
  const storage = createMemoryStorage({ clock });
  await storage.put(id, []);
  clock.advance(-10_000);
  await storage.put(parseBlobId('p2'), []);
  expect((await storage.getMetadata(parseBlobId('p2'))).timestampMs).toBe(
    (await storage.getMetadata(id)).timestampMs,
  );
});
