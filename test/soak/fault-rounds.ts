import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  type BlobStorage,
  createRepository,
  openStorage,
  processEnvironment,
  Repository,
  repositoryErrorCode,
} from '@holdfast/repository';
import { listSnapshots, runMaintenance, type SnapshotManifest, uploaderErrorCode } from '@holdfast/uploader';

import {
  type FaultyProxy,
  type PassingRequest,
  type ProxyFault,
  startFaultyProxy,
} from '../rigs/faulty-proxy.ts';
import { s3Connection, type S3Rig } from '../rigs/s3-rig.ts';
import { compareDirectories } from '../support/compare-directories.ts';
import { backUp, optionsFor, PASSWORD, restore, type Scratch, verifyAll } from '../support/repository.ts';
import { openTool } from '../support/tools.ts';
import { seededRandom } from './seeded-random.ts';

/** One life of a repository behind a proxy that fails. */
export interface FaultRound {
  readonly seed: number;
  /** Share of requests that fail; of those that can fail in this way, where `only` is given. */
  readonly rate: number;
  /** The one kind of failure; every kind by default. */
  readonly only?: ProxyFault;
  readonly bucket: string;
  /** Let the real kopia verify, too. */
  readonly withKopia: boolean;
}

/** How it went. */
export interface FaultReport {
  /** Code of each step that stopped, by its name. */
  readonly stopped: Readonly<Record<string, string>>;
  /** Snapshots whose backup said that they are saved. */
  readonly snapshots: number;
  readonly requests: number;
  readonly faults: number;
  /** Everything that was wrong, empty when nothing was. */
  readonly problems: readonly string[];
}

/** Makes a repository, saves a changing directory again and again, verifies, restores and maintains, while requests fail.
 *  Each step has to finish, or to stop with a code. Without the proxy, what was saved must verify in the end. */
export async function faultRound(scratch: Scratch, rig: S3Rig, round: FaultRound): Promise<FaultReport> {
  const proxy = await startFaultyProxy({ upstream: rig.endpoint, faultOf: faultsOf(round) });
  const life = new Life(scratch, rig, proxy, round);
  try {
    await life.run();
  } finally {
    await proxy.stop();
  }
  await life.check().catch((error: unknown) => void life.problems.push(`afterwards: ${String(error)}`));
  const requests = [...proxy.counts.values()].reduce((sum, count) => sum + count, 0);
  const faults = requests - (proxy.counts.get('none') ?? 0);
  const { stopped, problems, saved } = life;
  return { stopped, problems, snapshots: saved.length, requests, faults };
}

/** Saved again so many times, each time with changes. */
const BACKUPS = 3;

class Life {
  readonly stopped: Record<string, string> = {};
  readonly problems: string[] = [];
  readonly saved: SnapshotManifest[] = [];
  readonly #scratch: Scratch;
  readonly #rig: S3Rig;
  readonly #proxy: FaultyProxy;
  readonly #round: FaultRound;
  readonly #source: string;
  /** The last snapshot is of the source as it is now. */
  #isSaved = false;

  constructor(scratch: Scratch, rig: S3Rig, proxy: FaultyProxy, round: FaultRound) {
    this.#scratch = scratch;
    this.#rig = rig;
    this.#proxy = proxy;
    this.#round = round;
    this.#source = scratch.at('source');
  }

  async run(): Promise<void> {
    writeTree(this.#source, this.#round.seed, 0);
    // Without a repository nothing else can be tried.
    for (let attempt = 0; attempt < 3; attempt++)
      if (await this.#step(`create ${attempt}`, () => this.#create())) break;
    for (let i = 0; i < BACKUPS; i++) {
      writeTree(this.#source, this.#round.seed, i);
      this.#isSaved = false;
      await this.#step(`backup ${i}`, () => this.#save());
    }
    await this.#step('verify', () => this.#verify());
    await this.#step('restore', () => this.#restore());
    await this.#step('maintenance', () =>
      this.#use(
        async (repository) => void (await runMaintenance(repository, { mode: 'full', safety: 'full' })),
      ),
    );
    await this.#step('backup after maintenance', () => this.#save());
  }

  /** Looks at what there is now, past the proxy and with nothing in the cache. */
  async check(): Promise<void> {
    if (this.saved.length === 0) return;
    const storage = await this.#open(this.#rig.endpoint);
    const repository = await Repository.open(optionsFor(storage, this.#scratch.at('check')));
    const known = new Set((await listSnapshots(repository)).map(({ id }) => id));
    for (const { id } of this.saved) if (!known.has(id)) this.problems.push(`snapshot ${id} is gone`);
    this.problems.push(...(await verifyAll(repository)));
    await repository.close();
    if (this.#round.withKopia) this.problems.push(...this.#kopiaFindings());
  }

  async #step(name: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const code = repositoryErrorCode(error) ?? uploaderErrorCode(error);
      if (code === undefined)
        this.problems.push(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
      this.stopped[name] = code ?? 'no code';
      return false;
    }
  }

  async #create(): Promise<void> {
    const storage = await this.#open(this.#proxy.endpoint);
    await (await createRepository(optionsFor(storage, this.#scratch.at('cache')))).close();
  }

  async #save(): Promise<void> {
    await this.#use(async (repository) => {
      const { snapshot, failedCount } = await backUp(repository, this.#source);
      this.saved.push(snapshot);
      this.#isSaved = true;
      if (failedCount > 0) this.problems.push(`${failedCount} entries of ${snapshot.id} failed`);
    });
  }

  async #verify(): Promise<void> {
    // Read errors of the storage are told as failures of files; what they are is clear only past the proxy.
    await this.#use(async (repository) => void (await verifyAll(repository)));
  }

  async #restore(): Promise<void> {
    await this.#use(async (repository) => {
      const last = this.saved.at(-1);
      if (last === undefined) return;
      const target = this.#scratch.at('target');
      const { failedCount } = await restore(repository, last, target);
      const differences = failedCount > 0 || !this.#isSaved ? [] : compareDirectories(this.#source, target);
      this.problems.push(...differences.map((difference) => `restored: ${difference}`));
      rmSync(target, { recursive: true, force: true });
    });
  }

  async #use(work: (repository: Repository) => Promise<void>): Promise<void> {
    const storage = await this.#open(this.#proxy.endpoint);
    let repository: Repository;
    try {
      repository = await Repository.open(optionsFor(storage, this.#scratch.at('cache')));
    } catch (error) {
      await storage.close();
      throw error;
    }
    try {
      await work(repository);
    } finally {
      await repository.close();
    }
  }

  async #open(endpoint: string): Promise<BlobStorage> {
    const place = { bucket: this.#round.bucket, prefix: `${this.#round.seed}/`, endpoint };
    const config = { ...s3Connection(this.#rig, place.bucket), ...place };
    return await openStorage({ type: 's3', config }, 'create', { ...processEnvironment, stallMs: 300 });
  }

  #kopiaFindings(): string[] {
    using kopia = openTool('kopia');
    const { bucket, seed } = this.#round;
    const place = [
      `--bucket=${bucket}`,
      `--prefix=${seed}/`,
      `--endpoint=${this.#rig.endpoint}`,
      '--disable-tls',
    ];
    const env = {
      KOPIA_PASSWORD: PASSWORD,
      AWS_ACCESS_KEY_ID: this.#rig.accessKey,
      AWS_SECRET_ACCESS_KEY: this.#rig.secretKey,
    };
    kopia.mustRun(['repository', 'connect', 's3', ...place, '--readonly'], env);
    const { code, stderr } = kopia.run(['snapshot', 'verify', '--verify-files-percent=100'], env);
    return code === 0 ? [] : [`kopia: ${stderr}`];
  }
}

const ANY: readonly ProxyFault[] = ['reset-before', 'reset-after', 'error-500', 'slow-down'];
const OF_GET: readonly ProxyFault[] = ['truncated-body', 'stalled-body', 'wrong-length'];

/** Each kind as likely as any other that can happen to the request. */
function faultsOf({ seed, rate, only }: FaultRound): (request: PassingRequest) => ProxyFault | undefined {
  const random = seededRandom(seed);
  // Close seeds start with close numbers.
  for (let i = 0; i < 20; i++) random();
  return ({ method, url }) => {
    const isList = url.includes('list-type=2');
    const possible: readonly ProxyFault[] = [
      ...ANY,
      ...(method === 'GET' ? OF_GET : []),
      ...(isList ? (['stale-list'] as const) : []),
      ...(method === 'PUT' ? (['lost-put'] as const) : []),
    ];
    const kinds = only === undefined ? possible : possible.filter((kind) => kind === only);
    return random() < rate ? kinds[Math.floor(random() * kinds.length)] : undefined;
  };
}

/** Some files are as before, some are new in this round; together more than one pack. */
function writeTree(source: string, seed: number, round: number): void {
  const random = seededRandom(seed * 1000 + round);
  for (let i = 0; i < 40; i++) {
    if (round > 0 && i % 5 !== round % 5) continue;
    const directory = join(source, `d${i % 6}`);
    mkdirSync(directory, { recursive: true });
    const bytes = Buffer.alloc(i % 10 === 0 ? 1_500_000 : 20_000);
    for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
    writeFileSync(join(directory, `f${i}`), bytes);
  }
}
