import { startAzureCloud } from './azure-cloud.ts';
import type { Cloud } from './cloud.ts';
import { startGcsCloud } from './gcs-cloud.ts';
import type { RigName } from './installed.ts';
import { s3Cloud } from './s3-cloud.ts';
import { startSeaweedFs } from './seaweedfs.ts';
import { startVersityGw } from './versitygw.ts';

/** How to start a cloud. */
export type StartCloud = readonly [rig: RigName, start: () => Promise<Cloud>];

/** One of each kind. */
export const CLOUDS: readonly StartCloud[] = [
  ['seaweedfs', async () => s3Cloud(await startSeaweedFs())],
  ['azurite', startAzureCloud],
  ['fake-gcs-server', startGcsCloud],
];

/** Every server there is. */
export const ALL_CLOUDS: readonly StartCloud[] = [
  ...CLOUDS,
  ['versitygw', async () => s3Cloud(await startVersityGw())],
];
