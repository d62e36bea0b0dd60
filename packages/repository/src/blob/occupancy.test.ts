import { expect, it } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.ts';
import { parseBlobId } from './blob-id.ts';
import { createMemoryStorage } from './memory.ts';
import { occupancyOf } from './occupancy.ts';

it('tells an empty place, a repository and something else apart', async () => {
  const storage = createMemoryStorage({ clock: createFakeClock() });
  expect(await occupancyOf(storage)).toEqual({ kind: 'empty' });
  const other = parseBlobId('holiday.jpg');
  await storage.put(other, []);
  expect(await occupancyOf(storage)).toEqual({ kind: 'other', blob: other });
  await storage.put(parseBlobId('kopia.repository'), []);
  expect(await occupancyOf(storage)).toEqual({ kind: 'repository' });
});
