import type { RegisterCommand } from '../index.ts';
import { registerChangePassword } from './change-password.ts';
import { registerConnect } from './connect.ts';
import { registerCreateRepository } from './create.ts';
import { registerDisconnect } from './disconnect.ts';
import { registerRepair } from './repair.ts';
import { registerStatus } from './status.ts';
import { registerSetParameters } from './set-parameters.ts';
import { registerThrottle } from './throttle.ts';
import { registerUpgrade } from './upgrade.ts';
import { registerValidateProvider } from './validate-provider.ts';
import { registerVerifyRepository } from './verify.ts';

/** `repository ...` */
export const registerRepository: RegisterCommand = (program, context) => {
  const group = program
    .command('repository')
    .alias('repo')
    .description('make repositories and connect to them');
  registerCreateRepository(group, context);
  registerConnect(group, context);
  registerStatus(group, context);
  registerDisconnect(group, context);
  registerChangePassword(group, context);
  registerVerifyRepository(group, context);
  registerRepair(group, context);
  registerValidateProvider(group, context);
  registerSetParameters(group, context);
  registerThrottle(group, context);
  registerUpgrade(group, context);
};
