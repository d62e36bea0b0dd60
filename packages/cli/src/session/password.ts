import { type FormatKeyMemory, formatKeyFile, readPasswordFile } from '@holdfast/repository';
import type { CliContext } from '../context.ts';
import { CliError } from '../errors.ts';
import type { GlobalOptions } from '../program.ts';

/** A password and where it came from, for messages. */
export interface FoundPassword {
  readonly password: string;
  readonly origin: string;
  /** Where the password is kept, what it stands for is kept as well. */
  readonly keyMemory?: FormatKeyMemory;
}

const VARIABLES = ['HOLDFAST_PASSWORD', 'KOPIA_PASSWORD'];

/** The password given by flag or environment, undefined when there is none. Surrounding space is no part of it, as in kopia. */
export function givenPassword({ env }: CliContext, { password }: GlobalOptions): FoundPassword | undefined {
  if (password !== undefined) return { password: password.trim(), origin: '--password' };
  const origin = VARIABLES.find((name) => (env[name] ?? '') !== '');
  return origin === undefined ? undefined : { password: (env[origin] ?? '').trim(), origin };
}

/** The password of the repository that `connectionFile` connects to: given, kept beside that file, or asked for.
 *  Throws PASSWORD_MISSING where nobody can be asked. */
export async function existingPassword(
  context: CliContext,
  options: GlobalOptions,
  connectionFile: string | undefined,
): Promise<FoundPassword> {
  const given = givenPassword(context, options);
  const kept = await keptPassword(connectionFile, given);
  if (kept !== undefined) return kept;
  if (given) return given;
  return { password: await ask(context, 'Password of the repository: '), origin: 'the terminal' };
}

/** The password kept beside the connection file, when none or the same one was given. */
async function keptPassword(
  connectionFile: string | undefined,
  given: FoundPassword | undefined,
): Promise<FoundPassword | undefined> {
  if (connectionFile === undefined) return undefined;
  const reading = readPasswordFile(connectionFile);
  const password = given ? await reading.catch(() => undefined) : await reading;
  if (password === undefined || password !== (given?.password ?? password)) return undefined;
  const origin = given?.origin ?? `the file beside ${connectionFile}`;
  return { password, origin, keyMemory: formatKeyFile(connectionFile, password) };
}

/** The password for a new repository: given or asked for twice. Throws PASSWORD_MISSING. */
export async function newPassword(context: CliContext, options: GlobalOptions): Promise<string> {
  return givenPassword(context, options)?.password ?? (await askTwice(context));
}

/** A new password from the terminal, typed twice. Throws PASSWORD_MISSING where nobody can be asked. */
export async function askTwice(context: CliContext): Promise<string> {
  for (;;) {
    const first = await ask(context, 'New password: ');
    if ((await ask(context, 'The same again: ')) === first) return first;
    context.stderr.write('These are not the same.\n');
  }
}

async function ask({ terminal }: CliContext, prompt: string): Promise<string> {
  if (terminal.readHidden === undefined)
    throw new CliError(
      'PASSWORD_MISSING',
      'a password is needed: set HOLDFAST_PASSWORD, or run this on a terminal to be asked for it',
    );
  for (;;) {
    const answer = await terminal.readHidden(prompt);
    if (answer !== '') return answer;
  }
}
