import { describe, expect, test } from 'vitest';
import { specifiersOf, violationOf } from './layers.ts';

const repository = 'packages/repository/src';

describe('imports that are fine', () => {
  test.each([
    [`${repository}/content/reader.ts`, '../blob/storage.ts'],
    [`${repository}/content/reader.ts`, './decoder.ts'],
    [`${repository}/splitter/fixed.ts`, '../errors.ts'],
    [`${repository}/repository.ts`, './maintenance/run.ts'],
    [`${repository}/index.ts`, './repository.ts'],
    [`${repository}/budget.ts`, './machine.ts'],
    [`${repository}/blob/retry.test.ts`, '../testing/faulty-storage.ts'],
    [`${repository}/blob/retry.test.ts`, '../content/reader.ts'],
    ['packages/uploader/src/backup/run.ts', '@holdfast/repository'],
    ['packages/uploader/src/backup/run.ts', 'picomatch'],
    ['packages/cli/src/main.ts', '@holdfast/uploader'],
    ['packages/cli/src/run.test.ts', '../../../test/support/tools.ts'],
  ])('%s imports %s', (from, specifier) => {
    expect(violationOf({ from, specifier })).toBeUndefined();
  });
});

describe('imports that are refused', () => {
  test.each([
    [`${repository}/blob/retry.ts`, '../content/reader.ts', /blob does not lie above content/],
    [`${repository}/hashing/hmac.ts`, '../encryption/aes.ts', /hashing does not lie above encryption/],
    [`${repository}/errors.ts`, './blob/storage.ts', /the foundation does not lie above blob/],
    [`${repository}/content/reader.ts`, '../index.ts', /content does not lie above index\.ts/],
    [`${repository}/blob/cache.ts`, '../testing/clock.ts', /is for tests/],
    [`${repository}/gadget/new.ts`, '../errors.ts', /gadget has no place/],
    [`${repository}/blob/retry.ts`, '@holdfast/uploader', /lower part must work without/],
    ['packages/uploader/src/backup/run.ts', '../../../cli/src/context.ts', /lower part must work without/],
    ['packages/cli/src/main.ts', '../../../test/support/tools.ts', /outside the packages/],
  ])('%s imports %s', (from, specifier, reason) => {
    expect(violationOf({ from, specifier })).toMatch(reason);
  });
});

test('finds static, multi-line, re-exporting and dynamic imports, not comments', () => {
  const source = [
    `import { a } from './a.ts';`,
    `import {`,
    `  b,`,
    `} from './b.ts';`,
    `export * from './c.ts';`,
    `import './d.ts';`,
    `const e = await import('./e.ts');`,
    `// import nothing from './f.ts'`,
  ].join('\n');
  expect(specifiersOf(source)).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts']);
});
