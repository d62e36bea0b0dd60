import { encodeConnectionToken } from '@holdfast/repository';
import { tell, warn } from '../../output/messages.ts';
import { sendJson, sendLines } from '../../output/send.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';
import { statusJson, statusLines } from './status-report.ts';

interface StatusFlags {
  readonly reconnectToken?: boolean;
  readonly reconnectTokenWithPassword?: boolean;
  readonly json?: boolean;
}

/** `repository status` */
export const registerStatus: RegisterCommand = (group, context) => {
  const command = group
    .command('status')
    .description('show what is connected and how it is made')
    .option('-t, --reconnect-token', 'also show a token to connect with')
    .option('-s, --reconnect-token-with-password', 'put the password into that token')
    .option('--json', 'print JSON');
  command.action(async () => {
    const flags = command.opts<StatusFlags>();
    await withRepository(context, globalOptions(command), { access: 'read' }, async (opened) => {
      if (flags.json === true) return await sendJson(context.stdout, await statusJson(opened));
      await sendLines(context.stdout, await statusLines(opened));
      if (flags.reconnectToken !== true) return;
      const password = flags.reconnectTokenWithPassword === true ? opened.password : '';
      const token = encodeConnectionToken({ storage: opened.connection.storage, password });
      tell(
        context,
        '\nTo connect from elsewhere, `repository connect from-config --token-stdin` takes this:',
      );
      await sendLines(context.stdout, [token]);
      if (password !== '') warn(context, 'whoever has this token has the password');
    });
  });
};
