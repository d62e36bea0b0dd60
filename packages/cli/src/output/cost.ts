import { stringifyGo } from '@holdfast/repository';
import type { CliContext } from '../context.ts';
import { bytesText, counted, countText } from './units.ts';

/** What the requests of a run came to. */
interface Costs {
  /** By kind, with HTTP's names where it has them. */
  readonly requests: Readonly<Record<'get' | 'head' | 'list' | 'put' | 'delete' | 'lock', number>>;
  /** Those of them that brought an error or nothing; that a blob is not there is one too. */
  readonly failed: number;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  readonly cacheHits: number;
  readonly cacheBytes: number;
}

/** Tells what the run asked of storages, if that is wanted: the last line on standard error. */
export function tellCost(context: CliContext): void {
  const { format } = context.cost;
  if (format === undefined) return;
  const costs = costsOf(context);
  // Asked for, so no log level hides it.
  context.stderr.write(`${format === 'json' ? stringifyGo({ cost: { ...costs } }) : costText(costs)}\n`);
}

function costsOf({ cost: { storage, cache } }: CliContext): Costs {
  const counts = storage.snapshot();
  return {
    requests: {
      get: counts.get.requests,
      head: counts.getMetadata.requests,
      list: counts.list.requests,
      put: counts.put.requests,
      delete: counts.delete.requests,
      lock: counts.extendRetention.requests,
    },
    failed: Object.values(counts).reduce((sum, { failures }) => sum + failures, 0),
    downloadedBytes: counts.get.bytes,
    uploadedBytes: counts.put.bytes,
    cacheHits: cache.hits,
    cacheBytes: cache.bytes,
  };
}

function costText({
  requests,
  failed,
  downloadedBytes,
  uploadedBytes,
  cacheHits,
  cacheBytes,
}: Costs): string {
  const kinds = Object.entries(requests).filter(([, count]) => count > 0);
  const total = kinds.reduce((sum, [, count]) => sum + count, 0);
  const list = kinds.map(([kind, count]) => `${countText(count)} ${kind.toUpperCase()}`).join(', ');
  const vain = failed === 0 ? '' : `, ${countText(failed)} without success`;
  return (
    `Cost: ${counted(total, 'request')}${list === '' ? '' : ` (${list})`}${vain}; ` +
    `${bytesText(downloadedBytes)} down, ${bytesText(uploadedBytes)} up; ` +
    `${counted(cacheHits, 'cache hit')} (${bytesText(cacheBytes)})`
  );
}
