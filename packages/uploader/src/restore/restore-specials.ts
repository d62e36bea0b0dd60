import type { SpecialFile } from '../snapshot/specials.ts';
import type { FileBatches } from './file-batches.ts';
import type { FirstName, HardLinks } from './hard-links.ts';
import type { LinkBatches } from './link-batches.ts';
import type { DirectoryInProgress } from './restore-directory.ts';

/** Where the special files of one directory go. */
export interface SpecialsWork {
  readonly hardLinks: HardLinks;
  readonly batches: FileBatches;
  readonly links: LinkBatches;
}

/** Sends off special files, and what `batches` holds with them. Other names of one wait for the first name, so all that
 *  are first go before anything waits. */
export async function restoreSpecials(
  directory: DirectoryInProgress,
  { hardLinks, batches, links }: SpecialsWork,
  specials: readonly SpecialFile[],
): Promise<void> {
  const firstNames: SpecialFile[] = [];
  const onWritten: (() => void)[] = [];
  const others: { readonly first: FirstName; readonly special: SpecialFile }[] = [];
  for (const special of specials) {
    const met = hardLinks.meet(directory, special);
    if (met.kind === 'link') others.push({ first: met.first, special });
    else {
      firstNames.push(special);
      onWritten.push(met.written);
    }
  }
  await batches.flush(firstNames, onWritten);
  for (const { first, special } of others) await links.add(first, special);
}
