import { describe, expect, test } from 'vitest';

import { survive } from './soak/survival/run.ts';
import { openScratch } from './support/repository.ts';
import { findTool, titleFor } from './support/tools.ts';

describe.skipIf(!findTool('kopia'))(titleFor('kopia', 'living together with kopia'), () => {
  test('both write and maintain at the same time and are killed', { timeout: 240_000 }, async () => {
    using scratch = openScratch();
    const lines: string[] = [];
    const report = await survive({
      place: scratch.path,
      minutes: 0.2,
      killShare: 0.3,
      seed: process.pid,
      restEveryMs: 4000,
      restores: 4,
      log: (line) => void lines.push(line),
    });
    expect(report.problems, `seed ${process.pid}\n${lines.join('\n')}`).toEqual([]);
    expect(Math.min(...Object.values(report.snapshots))).toBeGreaterThan(0);
    expect(Math.min(...Object.values(report.fullMaintenance))).toBeGreaterThan(0);
  });
});
