import { join } from 'node:path';

import { seededRandom } from '../seeded-random.ts';
import { Book, KEEP_LATEST } from './book.ts';
import { Client, type Survivor } from './client.ts';
import { Killer } from './killer.ts';
import { Maintainer } from './maintainer.ts';
import { SourceTree } from './source-tree.ts';
import { emptyTally, type Tally } from './tally.ts';
import { Writer } from './writer.ts';

/** Everybody who uses one repository, and what is known of what they do. */
export interface Crew {
  readonly repository: string;
  readonly clients: readonly Client[];
  /** One client of each tool, for maintenance, checks and odd jobs. */
  readonly janitors: readonly Client[];
  readonly writers: readonly Writer[];
  readonly maintainer: Maintainer;
  readonly book: Book;
  readonly tally: Tally;
  /** For what nobody of them decides. */
  readonly random: () => number;
}

/** How a crew is made up. */
export interface CrewOptions {
  /** Empty directory for the repository, the sources and the clients. */
  readonly place: string;
  /** Share of the commands that are killed. */
  readonly killShare: number;
  readonly seed: number;
}

/** Two writers of Holdfast, one of kopia, and a janitor of each tool. Nothing runs yet but that the sources are written. */
export function hireCrew({ place, killShare, seed }: CrewOptions): Crew {
  const newRandom = randomsFrom(seed);
  const [repository, book, tally] = [join(place, 'repository'), new Book(), emptyTally()];
  const newClient = (tool: Survivor, name: string): Client =>
    new Client({ tool, name, home: join(place, name), killer: new Killer(killShare, newRandom()) });
  const janitors = [newClient('kopia', 'kopia-janitor'), newClient('holdfast', 'holdfast-janitor')];
  const owners = [newClient('holdfast', 'anna'), newClient('holdfast', 'bert'), newClient('kopia', 'cleo')];
  const writers = owners.map((client) => {
    const tree = new SourceTree(join(place, 'sources', client.name), newRandom());
    return new Writer({ client, janitors, tree, book, tally, random: newRandom() });
  });
  const maintainer = new Maintainer({ repository, clients: janitors, tally, random: newRandom() });
  const clients = [...janitors, ...owners];
  return { repository, clients, janitors, writers, maintainer, book, tally, random: newRandom() };
}

/** Makes the repository and connects all clients to it. Parameters are as small as the format allows, so that epochs
 *  and range compactions come soon. */
export async function openForBusiness({ clients, repository }: Crew): Promise<void> {
  const [first, ...others] = clients;
  await first?.connect(repository, 'create');
  await first?.mustRun(['repository', 'set-parameters', ...EPOCH_FLAGS]);
  await first?.mustRun(['policy', 'set', '--global', ...POLICY_FLAGS]);
  for (const client of others) await client.connect(repository);
}

/** A new sequence of numbers at each call. */
function randomsFrom(seed: number): () => () => number {
  let next = seed;
  return () => {
    const random = seededRandom((next += 1000));
    // Close seeds start with close numbers.
    for (let i = 0; i < 20; i++) random();
    return random;
  };
}

const EPOCH_FLAGS = [
  '--epoch-refresh-frequency=10m',
  '--epoch-min-duration=1h',
  '--epoch-cleanup-safety-margin=1h',
  '--epoch-advance-on-count=10',
  '--epoch-checkpoint-frequency=3',
];

const POLICY_FLAGS = [
  `--keep-latest=${KEEP_LATEST}`,
  ...['hourly', 'daily', 'weekly', 'monthly', 'annual'].map((period) => `--keep-${period}=0`),
  '--compression=zstd-fastest',
];
