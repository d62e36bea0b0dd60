import { expect, test } from 'vitest';
import { fakeContext } from '../testing/fake-context.ts';
import { ProgressLine, progressText } from './progress.ts';

const HALF = { done: ['1 file'], bytes: 500_000, expectedBytes: 1_000_000 };

test('tells rate, share and remaining time as far as they are known', () => {
  expect(progressText(HALF, 1000)).toBe('1 file, 500 KB/s, 50%, 1s left');
  expect(progressText({ ...HALF, expectedBytes: 0 }, 1000)).toBe('1 file, 500 KB/s');
  expect(progressText({ ...HALF, bytes: 2_000_000 }, 1000)).toBe('1 file, 2 MB/s');
  expect(progressText({ ...HALF, bytes: 0 }, 0)).toBe('1 file, 0 B/s');
});

test('writes over its line, not too often, never wider than the terminal', () => {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, sleep: () => Promise.resolve() };
  const terminal = { isTerminal: true, columns: 12, hasColors: false, readHidden: undefined };
  const { context, recorded } = fakeContext({ clock, terminal });
  const line = new ProgressLine(context, true);
  for (; nowMs < 300; nowMs += 10) line.update(HALF);
  expect(recorded.stderr).toBe('\r1 file, 500\x1b[K\r1 file, 3.3\x1b[K');
  context.verbosity.progressIntervalMs = 1000;
  for (; nowMs < 1000; nowMs += 10) line.update(HALF);
  expect(recorded.stderr.split('\r')).toHaveLength(3);
  line.clear();
  expect(recorded.stderr.endsWith('\r\x1b[K')).toBe(true);
});

test('writes the whole line where a terminal does not know its width', () => {
  const terminal = { isTerminal: true, columns: 0, hasColors: false, readHidden: undefined };
  const { context, recorded } = fakeContext({ terminal });
  new ProgressLine(context, true).update({ done: ['1 file'], bytes: 0, expectedBytes: 0 });
  expect(recorded.stderr).toBe('\r1 file, 0 B/s\x1b[K');
});

test('is silent where progress is off', () => {
  const { context, recorded } = fakeContext();
  const line = new ProgressLine(context, false);
  line.update(HALF);
  line.clear();
  expect(recorded.stderr).toBe('');
});
