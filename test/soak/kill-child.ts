/* Opens a file-system repository and saves a directory: what `kill.ts` kills. Arguments: repository, source. */
import { backUp, openLocal } from '../support/repository.ts';

const [path, source] = process.argv.slice(2);
if (path === undefined || source === undefined) throw new Error('usage: kill-child.ts REPOSITORY SOURCE');
const repository = await openLocal(path);
process.stdout.write('started\n');
await backUp(repository, source);
await repository.close();
process.stdout.write('finished\n');
