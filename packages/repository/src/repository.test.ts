import { scrypt } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { createMemoryStorage } from './blob/memory.ts';
import { systemClock } from './clock.ts';
import type { FormatKeyMemory } from './format/keys.ts';
import { createRepository, Repository } from './repository.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

vi.mock('node:crypto', { spy: true });

test('a new repository has its key derived once, and the next one to open it not at all', async () => {
  using cache = temporaryDirectory();
  const kept = new Map<string, Uint8Array>();
  const keyMemory: FormatKeyMemory = {
    recall: (salt) => Promise.resolve(kept.get(String(salt))),
    keep: (salt, key) => Promise.resolve(void kept.set(String(salt), key)),
  };
  const options = {
    storage: createMemoryStorage({ clock: systemClock }),
    password: 'right',
    cacheDirectory: cache.path,
    client: { username: 'user', hostname: 'host' },
    keyMemory,
  };
  await (await createRepository(options)).close();
  expect(vi.mocked(scrypt)).toHaveBeenCalledTimes(1);
  await (await Repository.open(options)).close();
  expect(vi.mocked(scrypt)).toHaveBeenCalledTimes(1);
});
