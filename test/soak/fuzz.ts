/* Feeds damaged input to every decoder: `node --conditions=source test/soak/fuzz.ts [SECONDS] [SEED] [NAME]`, where NAME is part
 * of the targets' names. Inputs that a decoder fails on are kept in a temporary directory. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type BatchReport, type Finding, FuzzThread } from './fuzz/run.ts';

const seconds = Number(process.argv[2] ?? 60);
const seed = Number(process.argv[3] ?? process.pid);
const wanted = process.argv[4] ?? '';
const BATCH_INPUTS = 500;

process.stdout.write(`${seconds} s, seed ${seed}\n`);
const totals = new Map<string, { inputs: number; accepted: number; findings: number }>();
const known = new Set<string>();
let directory: string | undefined;

await using thread = new FuzzThread();
const targets = [...(await thread.targets()).entries()].filter(([, name]) => name.includes(wanted));
const endMs = performance.now() + seconds * 1000;
for (let round = 0; performance.now() < endMs; round++)
  for (const [target] of targets)
    count(await thread.run({ target, inputs: BATCH_INPUTS, seed: seed * 7919 + round * 104_729 + target }));

for (const [name, { inputs, accepted, findings }] of totals)
  process.stdout.write(`${name}: ${inputs} inputs, ${accepted} accepted, ${findings} findings\n`);
const inputs = [...totals.values()].reduce((sum, total) => sum + total.inputs, 0);
process.stdout.write(`${JSON.stringify({ targets: totals.size, inputs, findings: known.size })}\n`);
process.exitCode = known.size > 0 ? 1 : 0;

function count({ target, inputs, accepted, findings }: BatchReport): void {
  const total = totals.get(target) ?? { inputs: 0, accepted: 0, findings: 0 };
  totals.set(target, {
    inputs: total.inputs + inputs,
    accepted: total.accepted + accepted,
    findings: total.findings + findings.length,
  });
  for (const finding of findings) keep(finding);
}

/** One of a kind is enough. */
function keep({ target, problem, input }: Finding): void {
  const kind = `${target}: ${problem.replaceAll(/\d+/g, '#')}`;
  if (known.has(kind)) return;
  known.add(kind);
  directory ??= mkdtempSync(join(tmpdir(), 'holdfast-fuzz-found-'));
  const file = join(directory, `${known.size}.bin`);
  writeFileSync(file, input);
  process.stdout.write(`${target} with ${file}: ${problem}\n`);
}
