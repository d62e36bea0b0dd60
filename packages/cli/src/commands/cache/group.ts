import type { RegisterCommand } from '../index.ts';
import { registerCacheClear } from './clear.ts';
import { registerCacheInfo } from './info.ts';
import { registerCachePrune } from './prune.ts';
import { registerCacheSet } from './set.ts';
import { registerCacheSync } from './sync.ts';

/** `cache ...` */
export const registerCache: RegisterCommand = (program, context) => {
  const group = program
    .command('cache')
    .description('what this machine keeps of a repository, so as not to fetch it again');
  registerCacheInfo(group, context);
  registerCacheSet(group, context);
  registerCacheSync(group, context);
  registerCachePrune(group, context);
  registerCacheClear(group, context);
};
