import { expect, test } from 'vitest';
import { fakeContext } from '../testing/fake-context.ts';
import { sendJsonList, sendLines } from './send.ts';

test('lists look as kopia prints them', async () => {
  const { context, recorded } = fakeContext();
  await sendJsonList(context.stdout, [{ a: 1 }, { b: '<' }]);
  expect(recorded.stdout).toBe('[\n {"a":1},\n {"b":"\\u003c"}\n]\n');
  recorded.stdout = '';
  await sendJsonList(context.stdout, []);
  expect(recorded.stdout).toBe('[\n]\n');
});

test('long output is sent in pieces, waiting for each', async () => {
  const sent: number[] = [];
  let isBusy = false;
  const stdout = {
    write: () => true,
    send: async (chunk: string | Uint8Array) => {
      expect(isBusy).toBe(false);
      isBusy = true;
      await Promise.resolve();
      sent.push(chunk.length);
      isBusy = false;
    },
  };
  await sendLines(
    stdout,
    Array.from({ length: 10_000 }, () => 'x'.repeat(99)),
  );
  expect(sent.length).toBeGreaterThan(10);
  expect(sent.reduce((sum, length) => sum + length, 0)).toBe(1_000_000);
});
