import type { RegisterCommand } from '../index.ts';
import { registerMaintenanceInfo } from './info.ts';
import { registerMaintenanceRun } from './run.ts';
import { registerMaintenanceSet } from './set.ts';

/** `maintenance ...` */
export const registerMaintenance: RegisterCommand = (program, context) => {
  const group = program
    .command('maintenance')
    .description('free space that no snapshot needs, and keep indexes small');
  registerMaintenanceRun(group, context);
  registerMaintenanceInfo(group, context);
  registerMaintenanceSet(group, context);
};
