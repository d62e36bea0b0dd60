import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  asForeignFinder,
  type BlobStorage,
  createRepository,
  type InitialManifest,
  type NewFormat,
  type OpenedFormat,
  openStorage,
  parseGoJson,
  type StorageLocation,
} from '@holdfast/repository';
import { DEFAULT_POLICY, encodePolicy, GLOBAL_SOURCE, type Policy, policyLabels } from '@holdfast/uploader';
import type { CliContext } from '../context.ts';
import { CliError } from '../errors.ts';
import { writingTo } from './local-file.ts';

/** A repository to make. */
export interface CreateRequest {
  readonly storage: StorageLocation;
  readonly password: string;
  readonly format: NewFormat;
  /** The global policy it starts with. */
  readonly policy: Policy;
}

/** kopia's global policy, with the compression that costs next to nothing. */
export const INITIAL_POLICY: Policy = {
  ...DEFAULT_POLICY,
  compression: { compressorName: 'zstd-fastest' },
};

/** Makes a repository in an empty place. Throws REPOSITORY_EXISTS, STORAGE_NOT_EMPTY, and what creating throws.
 *  Returns its format, as `connectToKnown` takes it. */
export async function create(context: CliContext, request: CreateRequest): Promise<OpenedFormat> {
  const storage = await openStorage(request.storage, 'create', context.cost.environment());
  const cacheDirectory = await mkdtemp(join(tmpdir(), 'holdfast-create-'));
  try {
    await refuseOtherBlobs(storage);
    const options = {
      storage,
      cacheDirectory,
      password: request.password,
      format: request.format,
      client: context.user,
      clock: context.clock,
      manifests: [globalPolicy(request.policy)],
    };
    const repository = await writingTo(cacheDirectory, START_AGAIN, () => createRepository(options));
    await repository.close();
    return repository.opened;
  } finally {
    await storage.close();
    await rm(cacheDirectory, { recursive: true, force: true });
  }
}

const START_AGAIN = 'make room or set TMPDIR, remove what was written of the repository, and make it again';

function globalPolicy(policy: Policy): InitialManifest {
  return { labels: policyLabels(GLOBAL_SOURCE), payload: parseGoJson(encodePolicy(policy)) };
}

/** What else is there may be the rest of a repository that somebody still needs. */
async function refuseOtherBlobs(storage: BlobStorage): Promise<void> {
  for await (const { id } of storage.list('')) {
    if (!id.startsWith('kopia.')) throw notEmpty(storage, id);
  }
  const foreign = await asForeignFinder(storage)?.findForeign();
  if (foreign !== undefined) throw notEmpty(storage, foreign);
}

function notEmpty({ description }: BlobStorage, name: string): CliError {
  return new CliError(
    'STORAGE_NOT_EMPTY',
    `there is data in ${description} already (${name}): connect to it, or choose an empty place`,
  );
}
