import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** An object store that tests can start; `.ci/install-rigs` installs them. */
export type RigName = 'seaweedfs' | 'versitygw' | 'azurite' | 'fake-gcs-server';

/** Names under which a package manager would have put them on PATH. */
const PROGRAMS: Readonly<Record<RigName, string>> = {
  seaweedfs: 'weed',
  versitygw: 'versitygw',
  azurite: 'azurite-blob',
  'fake-gcs-server': 'fake-gcs-server',
};

/** Path of the program, or undefined when it is not installed. */
export function findRig(name: RigName): string | undefined {
  const { HOLDFAST_RIGS, XDG_CACHE_HOME, PATH = '' } = process.env;
  const own = HOLDFAST_RIGS ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'holdfast-rigs');
  const paths = PATH.split(delimiter).map((directory) => join(directory, PROGRAMS[name]));
  return [join(own, 'bin', name), ...paths].find(isExecutable);
}

/** What a skipped test is called, so that its report says why. */
export function titleForRig(name: RigName, title: string): string {
  return findRig(name) === undefined ? `${title} [skipped: no ${name}; run .ci/install-rigs]` : title;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
