import { type Connection, connectionThrottle, type StorageEnvironment } from '@holdfast/repository';
import type { CliContext } from '../context.ts';

/** What to open the storage of `connection` with: its requests are counted when that is wanted, and kept within the limits that
 *  the connection file says now. Throws CONFIG_INVALID. */
export function connectionEnvironment(
  { cost, clock }: CliContext,
  connection: Connection,
): StorageEnvironment {
  const throttle = connectionThrottle(connection, clock);
  return { ...cost.environment(), ...(throttle && { throttle }) };
}
