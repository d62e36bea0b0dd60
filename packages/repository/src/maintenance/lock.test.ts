import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { tryLock } from './lock.ts';

describe('tryLock', () => {
  it('lets one in at a time', () => {
    using directory = temporaryDirectory();
    const file = `${directory.path}/lock`;
    {
      using first = tryLock(file);
      expect(first).toBeDefined();
      expect(tryLock(file)).toBeUndefined();
    }
    expect(existsSync(file)).toBe(false);
    using again = tryLock(file);
    expect(again).toBeDefined();
  });

  it.each([
    ['a process that is gone', '999999999 1\n'],
    ['a process of the same number that started at another time', `${process.ppid} 1\n`],
    ['an earlier process with our number', `${process.pid} 1\n`],
    ['nobody', ''],
  ])('takes over what %s has left', (_, left) => {
    using directory = temporaryDirectory();
    const file = `${directory.path}/lock`;
    writeFileSync(file, left);
    using taken = tryLock(file);
    expect(taken).toBeDefined();
  });

  it.runIf(existsSync('/proc/self/stat'))('respects a process that lives', () => {
    using directory = temporaryDirectory();
    const file = `${directory.path}/lock`;
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    writeFileSync(file, `${process.ppid} ${started}\n`);
    expect(tryLock(file)).toBeUndefined();
  });
});
