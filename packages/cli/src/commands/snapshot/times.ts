import { parseTimeNs } from '@holdfast/repository';
import { InvalidArgumentError } from 'commander';

const KOPIA_TIME = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:UTC|GMT)$/;

/** Parser of a time such as `2026-01-02 15:04:05 UTC` (kopia's form) or `2026-01-02T15:04:05+01:00`; nanoseconds. */
export function snapshotTime(text: string): bigint {
  const [, day, time] = KOPIA_TIME.exec(text) ?? [];
  try {
    return parseTimeNs(day === undefined ? text : `${day}T${time}Z`);
  } catch {
    throw new InvalidArgumentError(
      'It must be a time such as "2026-01-02 15:04:05 UTC" or 2026-01-02T15:04:05+01:00.',
    );
  }
}
