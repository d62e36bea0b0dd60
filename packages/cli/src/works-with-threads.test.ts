import { expect, it } from 'vitest';

import { worksWithThreads } from './works-with-threads.ts';

it.each([
  ['snapshot create /data', true],
  ['--config-file /x snapshot create --json /data', true],
  ['snap verify', true],
  ['snapshot restore k1 /target', true],
  ['restore k1 /target', true],
  ['repository create filesystem --path /data', false],
  ['snapshot list', false],
  ['snapshot create --help', false],
  ['', false],
])('a thread is started for %j: %s', (line, expected) => {
  expect(worksWithThreads(line.split(' '))).toBe(expected);
});
