import type { RegisterCommand } from '../index.ts';
import { registerPolicyDelete } from './delete.ts';
import { registerPolicyEdit } from './edit.ts';
import { registerPolicyExport } from './export.ts';
import { registerPolicyImport } from './import.ts';
import { registerPolicyList } from './list.ts';
import { registerPolicySet } from './set.ts';
import { registerPolicyShow } from './show.ts';

/** `policy ...` */
export const registerPolicy: RegisterCommand = (program, context) => {
  const group = program
    .command('policy')
    .alias('policies')
    .description('decide what is saved, how, and for how long');
  registerPolicyShow(group, context);
  registerPolicySet(group, context);
  registerPolicyList(group, context);
  registerPolicyDelete(group, context);
  registerPolicyEdit(group, context);
  registerPolicyImport(group, context);
  registerPolicyExport(group, context);
};
