import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Shows `prompt` and reads one line from a terminal without echo. Rejects with an AbortError after Ctrl-C or Ctrl-D. */
export async function readHidden(
  prompt: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true });
  const gone = new AbortController();
  lines.once('close', () => gone.abort());
  lines.once('SIGINT', () => lines.close());
  output.write(prompt);
  try {
    return await lines.question('', { signal: gone.signal });
  } finally {
    lines.close();
    output.write('\n');
  }
}
