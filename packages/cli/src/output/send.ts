import { type GoJson, stringifyGo } from '@holdfast/repository';
import type { DataOutput } from '../context.ts';

/** Things to write, however many. */
export type Pieces<T> = Iterable<T> | AsyncIterable<T>;

const BATCH_LENGTH = 1 << 16;

/** Writes lines as fast as they are read at the other end. */
export async function sendLines(output: DataOutput, lines: Pieces<string>): Promise<void> {
  let batch = '';
  for await (const line of lines) {
    batch += `${line}\n`;
    if (batch.length < BATCH_LENGTH) continue;
    await output.send(batch);
    batch = '';
  }
  if (batch !== '') await output.send(batch);
}

/** Writes one JSON value on a line, as kopia does. */
export function sendJson(output: DataOutput, value: GoJson): Promise<void> {
  return output.send(`${stringifyGo(value)}\n`);
}

/** Writes a JSON list with each item on its own line, as kopia does. */
export async function sendJsonList(output: DataOutput, items: Pieces<GoJson>): Promise<void> {
  await sendLines(output, jsonLines(items));
}

async function* jsonLines(items: Pieces<GoJson>): AsyncGenerator<string> {
  let line = '[';
  for await (const item of items) {
    // Whether a comma follows a line is known only now.
    yield line === '[' ? line : `${line},`;
    line = ` ${stringifyGo(item)}`;
  }
  yield line;
  yield ']';
}

/** Each item as `map` presents it. */
export async function* mapped<T, U>(items: AsyncIterable<T>, map: (item: T) => U): AsyncGenerator<U> {
  for await (const item of items) yield map(item);
}
