import { expect, test } from 'vitest';

import { FuzzThread } from './soak/fuzz/run.ts';

/* A few damaged inputs for each decoder, always the same; `test/soak/fuzz.ts` feeds them for as long as one likes. */
const INPUTS = 120;

test('decoders refuse damaged input with a code, soon, and with little memory', async () => {
  await using thread = new FuzzThread();
  const targets = await thread.targets();
  expect(targets.length).toBeGreaterThan(40);
  const problems: string[] = [];
  let inputs = 0;
  for (const target of targets.keys()) {
    const report = await thread.run({ target, inputs: INPUTS, seed: 1 + target });
    inputs += report.inputs;
    for (const { problem, input } of report.findings)
      problems.push(`${report.target}: ${problem} (${Buffer.from(input).toString('base64').slice(0, 2000)})`);
  }
  expect(problems).toEqual([]);
  expect(inputs).toBe(INPUTS * targets.length);
});
