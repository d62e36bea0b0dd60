import { expect, it } from 'vitest';
import { collect } from '../testing/collect.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import { parseBlobId } from './blob-id.ts';
import { createMemoryStorage } from './memory.ts';
import { asRetentionExtender } from './powers.ts';
import { withReadOnly } from './read-only.ts';

it('reads and never changes anything', async () => {
  const inner = createMemoryStorage({ clock: createFakeClock() });
  const id = parseBlobId('p1');
  await inner.put(id, [Buffer.from('abc')]);
  const storage = withReadOnly(inner);
  await expect(storage.put(id, [])).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
  await expect(storage.delete(id)).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
  expect(Buffer.from(await storage.get(id, { offset: 1 })).toString()).toBe('bc');
  expect(await storage.getMetadata(id)).toMatchObject({ length: 3 });
  expect(await collect(storage.list('p'))).toHaveLength(1);
  expect(asRetentionExtender(storage)).toBeUndefined();
  await storage.close();
});
