import {
  type GoJsonObject,
  type OperationCounts,
  type StorageCounts,
  stringifyGo,
} from '@holdfast/repository';
import type { CliContext } from '../context.ts';
import { bytesText, counted, countText } from './units.ts';

/** Kinds of requests, with HTTP's names where it has them. */
type Kind = 'get' | 'head' | 'list' | 'put' | 'delete' | 'lock';

/** How long requests of a kind took. */
interface Latency {
  readonly totalMs: number;
  readonly maxMs: number;
}

/** What the requests of a run came to. */
interface Costs {
  readonly requests: Readonly<Record<Kind, number>>;
  readonly latency: Readonly<Record<Kind, Latency>>;
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
  context.stderr.write(`${format === 'json' ? stringifyGo({ cost: costsJson(costs) }) : costText(costs)}\n`);
}

function costsOf({ cost: { storage, cache } }: CliContext): Costs {
  const counts = storage.snapshot();
  return {
    requests: byKind(counts, ({ requests }) => requests),
    latency: byKind(counts, ({ totalMs, maxMs }) => ({ totalMs, maxMs })),
    failed: Object.values(counts).reduce((sum, { failures }) => sum + failures, 0),
    downloadedBytes: counts.get.bytes,
    uploadedBytes: counts.put.bytes,
    cacheHits: cache.hits,
    cacheBytes: cache.bytes,
  };
}

function byKind<T>(counts: StorageCounts, of: (counts: OperationCounts) => T): Record<Kind, T> {
  return {
    get: of(counts.get),
    head: of(counts.getMetadata),
    list: of(counts.list),
    put: of(counts.put),
    delete: of(counts.delete),
    lock: of(counts.extendRetention),
  };
}

function costsJson({ latency, requests, ...rest }: Costs): GoJsonObject {
  const latencies = KINDS.map((kind) => [kind, { ...latency[kind] }] as const);
  return { requests: { ...requests }, ...rest, latency: Object.fromEntries(latencies) };
}

function costText({
  requests,
  latency,
  failed,
  downloadedBytes,
  uploadedBytes,
  cacheHits,
  cacheBytes,
}: Costs): string {
  const kinds = KINDS.filter((kind) => requests[kind] > 0);
  const total = kinds.reduce((sum, kind) => sum + requests[kind], 0);
  const list = kinds
    .map(
      (kind) =>
        `${countText(requests[kind])} ${kind.toUpperCase()}${latencyText(requests[kind], latency[kind])}`,
    )
    .join(', ');
  const vain = failed === 0 ? '' : `, ${countText(failed)} without success`;
  return (
    `Cost: ${counted(total, 'request')}${list === '' ? '' : ` (${list})`}${vain}; ` +
    `${bytesText(downloadedBytes)} down, ${bytesText(uploadedBytes)} up; ` +
    `${counted(cacheHits, 'cache hit')} (${bytesText(cacheBytes)})`
  );
}

const KINDS: readonly Kind[] = ['get', 'head', 'list', 'put', 'delete', 'lock'];

/** ` of 12 ms, 80 at most`; nothing of what took no time worth telling. */
function latencyText(count: number, { totalMs, maxMs }: Latency): string {
  return maxMs < 1 ? '' : ` of ${Math.round(totalMs / count)} ms, ${Math.round(maxMs)} at most`;
}
