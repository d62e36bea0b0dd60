import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { measure } from '../benchmarks/measure.ts';
import { formatTable, median, summarize } from '../benchmarks/report.ts';
import type { Run } from '../benchmarks/run-case.ts';
import { verifyRestored } from '../benchmarks/verify.ts';

const env = { PATH: process.env['PATH'] ?? '' };

test('measures time and the peak memory of a program and of what it starts', async () => {
  const hold = `const held = Buffer.alloc(150e6, 1); const end = performance.now() + 300; while (performance.now() < end); held.at(0)`;
  const nested = `require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(hold)}])`;
  const cost = await measure({ program: process.execPath, args: ['-e', nested], env });
  expect(cost.wallSeconds).toBeGreaterThan(0.3);
  expect(cost.cpuSeconds).toBeGreaterThan(0.3);
  expect(cost.peakRssBytes).toBeGreaterThan(150e6);
  expect(cost.peakTreeRssBytes).toBeGreaterThan(cost.peakRssBytes + 10e6);
});

test('a program that fails is an error with its own words', async () => {
  const args = ['-e', 'console.error("out of luck"); process.exit(7)'];
  await expect(measure({ program: process.execPath, args, env })).rejects.toThrow(
    /ended with 7: out of luck/,
  );
});

test('reports medians and ratios to the first tool', () => {
  const cost = (seconds: number) => ({
    wallSeconds: seconds,
    cpuSeconds: seconds,
    peakRssBytes: 50e6,
    peakTreeRssBytes: 50e6,
  });
  const run = (tool: string, seconds: number): Run => {
    const costs = { backup: cost(seconds), unchanged: cost(seconds), restore: cost(seconds) };
    return { caseName: 'large', tool, costs, repositoryBytes: 1e6 };
  };
  const rows = summarize([run('a', 1), run('b', 4), run('a', 9), run('b', 6), run('a', 2), run('b', 5)]);
  expect(rows.slice(0, 2)).toMatchObject([
    { step: 'backup', tool: 'a', runs: 3, wallSeconds: 2 },
    { step: 'backup', tool: 'b', runs: 3, wallSeconds: 5 },
  ]);
  expect(formatTable(rows).split('\n')[2]).toMatch(/^large +backup +b +5\.00 +2\.50 /);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

test('verification finds one changed byte', () => {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-verify-'));
  try {
    const [left, right] = [join(root, 'left'), join(root, 'right')];
    const data = Buffer.alloc(3 << 20);
    for (const side of [left, right]) {
      mkdirSync(side);
      writeFileSync(join(side, 'file'), data);
      utimesSync(join(side, 'file'), 1, 1);
    }
    verifyRestored(left, right);
    data[data.length - 1] = 1;
    writeFileSync(join(right, 'file'), data);
    utimesSync(join(right, 'file'), 1, 1);
    expect(() => verifyRestored(left, right)).toThrow(/data of .*file/);
  } finally {
    rmSync(root, { recursive: true });
  }
});
