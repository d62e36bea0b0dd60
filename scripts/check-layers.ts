// Fails when an import goes against the order of packages and folders; run by `npm run check`.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { specifiersOf, violationOf } from './layers.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = globSync('packages/*/src/**/*.ts', { cwd: root });
const violations = files.flatMap((from) =>
  specifiersOf(readFileSync(`${root}/${from}`, 'utf8')).flatMap((specifier) => {
    const reason = violationOf({ from, specifier });
    return reason === undefined ? [] : [`${from}: '${specifier}': ${reason}`];
  }),
);
for (const violation of violations) console.error(violation);
if (files.length === 0) console.error('no source file found');
process.exitCode = violations.length > 0 || files.length === 0 ? 1 : 0;
