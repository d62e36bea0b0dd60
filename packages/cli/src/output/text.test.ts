import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { modeText } from './mode-text.ts';
import { bytesText, counted, durationText, savingText } from './units.ts';

test.each([
  [0, '0 B'],
  [899, '899 B'],
  [900, '0.9 KB'],
  [1000, '1 KB'],
  [20_971_520, '21 MB'],
  [270_553_174_016, '270.6 GB'],
])('%d bytes are %s, as kopia says', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test.each([
  [0, '0s'],
  [59_400, '59s'],
  [60_000, '1m00s'],
  [3_659_000, '1h00m'],
  [86_400_000, '24h00m'],
])('%d ms are %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test('counts nouns and savings', () => {
  expect(counted(1, 'entry', 'entries')).toBe('1 entry');
  expect(counted(1234, 'file')).toBe('1,234 files');
  expect(savingText(639, 341)).toBe('46.6%');
  expect(savingText(0, 28)).toBe('0%');
});

test.each([
  ['d', 0o755, 'drwxr-xr-x'],
  ['d', 0o1777, 'dtrwxrwxrwx'],
  ['f', 0o4755, 'urwxr-xr-x'],
  ['f', 0o640, '-rw-r-----'],
  ['s', 0o777, 'Lrwxrwxrwx'],
] as const)('mode of %s %o is %s, as Go prints it', (type, mode, text) => {
  expect(modeText(type, mode)).toBe(text);
});

test('times are local and name their zone', () => {
  const times = new URL('times.ts', import.meta.url).href;
  const script = `import { timeText } from '${times}'; console.log(timeText(1577934245999999999n))`;
  const env = { ...process.env, TZ: 'America/New_York' };
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env,
    encoding: 'utf8',
  });
  expect(stdout).toBe('2020-01-01 22:04:05 EST\n');
});
