import type { RegisterCommand } from '../index.ts';
import { registerRestore } from '../restore/command.ts';
import { registerCreate } from './create.ts';
import { registerDelete } from './delete.ts';
import { registerEstimate } from './estimate.ts';
import { registerSnapshotList } from './list.ts';
import { registerExpire } from './expire.ts';
import { registerFix } from './fix.ts';
import { registerPin } from './pin.ts';
import { registerVerify } from './verify.ts';

/** `snapshot ...` */
export const registerSnapshot: RegisterCommand = (program, context) => {
  const group = program
    .command('snapshot')
    .alias('snap')
    .description('take snapshots, list, verify, restore and delete them');
  registerCreate(group, context);
  registerSnapshotList(group, context);
  registerRestore(group, context);
  registerVerify(group, context);
  registerDelete(group, context);
  registerExpire(group, context);
  registerPin(group, context);
  registerFix(group, context);
  registerEstimate(group, context);
};
