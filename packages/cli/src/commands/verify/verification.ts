import {
  type ContentsToRead,
  type DamagedIndex,
  verifyRepository,
  type VerifyOptions,
  type VerifyReport,
} from '@holdfast/repository';
import type { CliContext } from '../../context.ts';
import { CliError } from '../../errors.ts';
import { tell, tellError } from '../../output/messages.ts';
import { ProgressLine } from '../../output/progress.ts';
import { sendJson } from '../../output/send.ts';
import { bytesText, counted, countText } from '../../output/units.ts';
import type { GlobalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import { findingLines, reportJson } from './report.ts';

/** What the commands that verify have in common. */
export interface VerificationRequest {
  readonly read: ContentsToRead;
  readonly includeDeleted: boolean;
  readonly parallel: number;
  readonly isChosen?: NonNullable<VerifyOptions['isChosen']>;
  readonly json: boolean;
}

/** Verifies the connected repository and tells what it found. Throws VERIFICATION_FAILED, and what opening throws. */
export async function verifyConnected(
  context: CliContext,
  options: GlobalOptions,
  request: VerificationRequest,
): Promise<void> {
  const damagedIndexes: DamagedIndex[] = [];
  const onDamagedIndex = ({ id }: { readonly id: string }, { message }: Error): void =>
    void damagedIndexes.push({ blob: id, error: message });
  const open = { access: 'read', onDamagedIndex } as const;
  await withRepository(context, options, open, async ({ repository }) => {
    const line = new ProgressLine(context, options.progress);
    const { json, ...chosen } = request;
    const report = await verifyRepository(repository.maintenanceParts(), {
      ...chosen,
      damagedIndexes,
      signal: context.signal,
      onProgress: ({ contents, read }) =>
        line.update({
          done: [`${countText(contents)} contents, ${countText(read.count)} read`],
          bytes: read.bytes,
          expectedBytes: 0,
        }),
    }).finally(() => line.clear());
    await present(context, report, json);
  });
}

async function present(context: CliContext, report: VerifyReport, json: boolean): Promise<void> {
  for (const finding of findingLines(report)) tellError(context, finding);
  tell(context, summaryText(report));
  if (json) await sendJson(context.stdout, reportJson(report));
  if (report.errorCount > 0)
    throw new CliError(
      'VERIFICATION_FAILED',
      `${counted(report.errorCount, 'error')}: see above what is missing or damaged. \`holdfast index recover\` brings ` +
        'lost indexes back, `holdfast snapshot fix invalid-files` takes lost files out of snapshots',
    );
}

function summaryText({ contents, packs, read, unreferencedPacks, sample }: VerifyReport): string {
  const share = sample === undefined ? '' : `, share ${shareText(sample.shares)} of ${sample.days}`;
  const unused =
    unreferencedPacks.count === 0
      ? ''
      : ` ${counted(unreferencedPacks.count, 'pack')} (${bytesText(unreferencedPacks.bytes)}) nothing refers to.`;
  return (
    `Verified ${counted(contents, 'content')} in ${counted(packs.count, 'pack')} (${bytesText(packs.bytes)}); ` +
    `read ${countText(read.count)} of them (${bytesText(read.bytes)}${share}).${unused}`
  );
}

function shareText(shares: readonly number[]): string {
  return shares.map((share) => share + 1).join(', ');
}
