import { dueMaintenance, type Repository } from '@holdfast/repository';
import { runDueMaintenance } from '@holdfast/uploader';
import type { CliContext } from '../context.ts';
import { describeFailure } from '../errors.ts';
import { tell, tellStack, warn } from '../output/messages.ts';
import type { GlobalOptions } from '../program.ts';

/** Maintains the repository when that is due and this client's task. Never rejects: what was asked for is done by then, so
 *  a maintenance that fails or is interrupted is only warned of; the next command goes on with it.
 *  Source: kopia cli/app.go (`maybeRunMaintenance`), where a failure fails the command. */
export async function maintainWhenDue(
  context: CliContext,
  { progress }: Pick<GlobalOptions, 'progress'>,
  repository: Repository,
): Promise<void> {
  try {
    const mode = await dueMaintenance(repository.maintenanceParts());
    if (mode === undefined || context.signal.aborted) return;
    if (progress) tell(context, `Running ${mode} maintenance ...`);
    const { steps } = await runDueMaintenance(repository, { signal: context.signal });
    for (const { warning } of steps) if (warning !== undefined) warn(context, warning);
  } catch (error) {
    const reason = context.signal.aborted ? 'interrupted' : describeFailure(error);
    warn(context, `automatic maintenance did not finish: ${reason}`);
    tellStack(context, error);
  }
}
