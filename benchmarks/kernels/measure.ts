const ROUND_MS = 15; // short, so that on a busy machine some rounds run undisturbed
const ROUNDS = 30;

/** Prints how fast `work` goes through `bytes` per call: the best of many rounds, in MB/s and in microseconds a call. */
export function measureKernel(name: string, bytes: number, work: () => void): void {
  let best = Infinity;
  let calls = 1;
  for (let round = 0; round < ROUNDS; round++) {
    let elapsed = time(work, calls);
    while (elapsed < ROUND_MS) elapsed = time(work, (calls *= 2));
    best = Math.min(best, elapsed / calls);
  }
  const megabytes = (bytes / 1000 / best).toFixed(0).padStart(6);
  console.log(`${name.padEnd(48)} ${megabytes} MB/s ${(best * 1000).toFixed(1).padStart(9)} us`);
}

function time(work: () => void, calls: number): number {
  const start = performance.now();
  for (let call = 0; call < calls; call++) work();
  return performance.now() - start;
}
