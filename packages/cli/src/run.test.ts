import { expect, test } from 'vitest';
import { exitCode } from './exit-code.ts';
import { run } from './run.ts';
import { commands, type RegisterCommand } from './commands/index.ts';
import { CliError } from './errors.ts';
import { tell, tellError, warn } from './output/messages.ts';
import { globalOptions } from './program.ts';
import { fakeContext, type Recorded } from './testing/fake-context.ts';

async function runWith(
  register: RegisterCommand,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<Recorded> {
  const { context, recorded } = fakeContext(signal && { signal });
  await run(args, context, [...commands, register]);
  return recorded;
}

function failing(error: unknown): RegisterCommand {
  return (program) => void program.command('fail').action(() => Promise.reject(error));
}

const probe: RegisterCommand = (program, context) => {
  const command = program.command('probe').option('--depth <n>');
  command.action(() => void context.stdout.write(JSON.stringify(globalOptions(command))));
};

test('prints version and help on standard output and ends with 0', async () => {
  const version = await runWith(probe, ['--version']);
  expect(version).toMatchObject({ code: exitCode.ok, stderr: '' });
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const help = await runWith(probe, ['--help']);
  expect(help).toMatchObject({ code: exitCode.ok, stderr: '' });
  expect(help.stdout).toContain('probe');
});

test.each([[['nonsense']], [['probe', '--nonsense']], [['probe', '--depth']], [[]]])(
  'ends with 2 for %j and keeps standard output empty',
  async (args) => {
    const result = await runWith(probe, args);
    expect(result).toMatchObject({ code: exitCode.usage, stdout: '' });
    expect(result.stderr).not.toBe('');
  },
);

test('takes global flags before and after the command', async () => {
  const before = await runWith(probe, ['--config-file', 'a', '--progress', 'probe']);
  const after = await runWith(probe, ['probe', '--config-file=a', '--progress']);
  expect(JSON.parse(before.stdout)).toMatchObject({ configFile: 'a', progress: true });
  expect(after).toEqual(before);
  const plain = await runWith(probe, ['probe']);
  expect(JSON.parse(plain.stdout)).toMatchObject({ progress: false });
});

test('shows only the message of a coded error', async () => {
  const coded = Object.assign(new Error('no such repository'), { code: 'NOT_A_REPOSITORY' });
  expect(await runWith(failing(coded), ['fail'])).toEqual({
    code: exitCode.error,
    stdout: '',
    stderr: 'holdfast: no such repository\n',
  });
  const usage = await runWith(failing(new CliError('USAGE', 'give a path')), ['fail']);
  expect(usage.code).toBe(exitCode.usage);
});

test('shows where a defect is, and what caused it, to those who ask', async () => {
  const defect = failing(new TypeError('x is not a function', { cause: new Error('y is missing') }));
  const told = await runWith(defect, ['fail']);
  expect(told).toEqual({
    code: exitCode.error,
    stdout: '',
    stderr:
      'holdfast: internal error: x is not a function (run it again with --log-level=debug to see where)\n',
  });
  const { stderr } = await runWith(defect, ['fail', '--log-level=debug']);
  expect(stderr).toMatch(
    /\nTypeError: x is not a function\n\s+at [^]*\ncaused by Error: y is missing\n\s+at /,
  );
});

test.each([
  ['debug', ['news', 'holdfast: warning: look', 'holdfast: broken']],
  ['info', ['news', 'holdfast: warning: look', 'holdfast: broken']],
  ['warning', ['holdfast: warning: look', 'holdfast: broken']],
  ['error', ['holdfast: broken']],
])('tells no more than --log-level=%s', async (level, lines) => {
  const talkative: RegisterCommand = (program, context) =>
    void program.command('talk').action(() => {
      tell(context, 'news');
      warn(context, 'look');
      tellError(context, 'broken');
    });
  const { stderr } = await runWith(talkative, ['talk', '--log-level', level]);
  expect(stderr).toBe(`${lines.join('\n')}\n`);
});

test('takes the flags of log files and of the keyring that scripts pass', async () => {
  const flags =
    '--log-dir /logs --log-dir-max-files=3 --log-file=x --file-log-level=debug --disable-file-logging ' +
    '--no-disable-content-log --no-use-keyring --no-progress --progress-update-interval=2s --disable-color';
  const taken = await runWith(probe, ['probe', ...flags.split(' ')]);
  expect(taken).toMatchObject({ code: exitCode.ok, stderr: '' });
  expect(JSON.parse(taken.stdout)).toMatchObject({ progress: false, progressUpdateInterval: 2000 });
  expect((await runWith(probe, ['probe', '--use-keyring'])).stderr).toMatch(/--use-keyring has no effect/);
  expect((await runWith(probe, ['probe', '--log-level=loud'])).code).toBe(exitCode.usage);
});

test('ends with 130 when a command stopped because of the signal', async () => {
  const signal = AbortSignal.abort(new Error('received SIGINT'));
  const result = await runWith(failing(signal.reason), ['fail'], signal);
  expect(result).toEqual({ code: exitCode.interrupted, stdout: '', stderr: 'holdfast: interrupted\n' });
});
