/* The thread that decodes: its inputs are made by `mutate`, its answers go to `run.ts`, which ends it when it hangs. */
import { parentPort, workerData } from 'node:worker_threads';

import { seededRandom } from '../seeded-random.ts';
import { mutate } from './mutate.ts';
import { CurrentInput, type FuzzBatch, type FuzzMessage } from './protocol.ts';
import { type FuzzTarget, isRefusal, type Verdict } from './target.ts';
import { fuzzTargets } from './targets.ts';

/** Bytes that any decoder may take, and how many times its input. */
const ALLOWED_BYTES = 16 << 20;
const ALLOWED_TIMES = 60;
const MENDED_SHARE = 0.5;

// Whoever starts this thread passes it.
const current = new CurrentInput(workerData as SharedArrayBuffer);
const targets = await fuzzTargets();
parentPort?.on('message', (batch: FuzzBatch | 'close') => {
  if (batch !== 'close') return void runBatch(batch);
  for (const target of targets) target.close?.();
  parentPort?.close();
});
tell({ kind: 'ready', targets: targets.map(({ name }) => name) });

async function runBatch({ target: number, inputs, seed }: FuzzBatch): Promise<void> {
  const target = targets[number];
  const random = seededRandom(seed);
  let accepted = 0;
  for (let i = 0; target !== undefined && i < inputs; i++) {
    const chosen = target.seeds[Math.floor(random() * target.seeds.length)];
    if (chosen === undefined) throw new Error(`${target.name} has no seeds`);
    const mutated = mutate(chosen, { random, seeds: target.seeds, inPlace: target.inPlace });
    const input = target.mend && random() < MENDED_SHARE ? target.mend(mutated) : mutated;
    current.set(input);
    const { isAccepted, problem } = await decode(target, input, chosen);
    if (isAccepted) accepted++;
    if (problem !== undefined) tell({ kind: 'finding', problem, input });
  }
  tell({ kind: 'done', accepted });
}

async function decode(
  target: FuzzTarget,
  input: Uint8Array,
  seed: Uint8Array,
): Promise<{ readonly isAccepted: boolean; readonly problem: Verdict }> {
  const before = takenBytes();
  try {
    const problem = (await target.check(input, seed)) ?? greed(target, input, takenBytes() - before);
    return { isAccepted: true, problem };
  } catch (error) {
    const problem = isRefusal(error) ? greed(target, input, takenBytes() - before) : textOfError(error);
    return { isAccepted: false, problem };
  }
}

function greed({ allowedBytes = 0 }: FuzzTarget, input: Uint8Array, taken: number): Verdict {
  const allowed = ALLOWED_BYTES + allowedBytes + ALLOWED_TIMES * input.length;
  return taken > allowed ? `${taken} bytes taken for an input of ${input.length}` : undefined;
}

/** What a decoder has just let go of counts, unless it was collected meanwhile. */
function takenBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function textOfError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function tell(message: FuzzMessage): void {
  parentPort?.postMessage(message);
}
