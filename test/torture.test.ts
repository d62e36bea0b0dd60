import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { hasRsync } from './support/rsync.ts';
import { isPrivileged } from './support/torture/place.ts';
import { removeTree, tortureRoundTrip } from './support/torture/round-trip.ts';

const MEMORY = '/dev/shm';
const place = existsSync(MEMORY) ? MEMORY : tmpdir();
const title = `everything that a file system can hold comes back${isPrivileged ? '' : ' [as far as an ordinary user can tell]'}`;

test.runIf(process.platform === 'linux' && hasRsync)(title, { timeout: 300_000 }, (context) => {
  const scratch = mkdtempSync(join(place, 'holdfast-torture-'));
  try {
    const differences = tortureRoundTrip(
      scratch,
      { manyEntries: 20_000, allPairs: false },
      { note: (what) => void context.annotate(what), measured: () => undefined },
    );
    expect(differences).toEqual([]);
  } finally {
    removeTree(scratch);
  }
});
