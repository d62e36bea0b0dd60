import type { CliProcess, CliResult } from '../../packages/cli/src/testing/cli-process.ts';
import type { S3Access } from './s3-rig.ts';

/** What the command needs to know of a bucket. */
export interface CliBucket {
  /** Flags of `repository create s3` and `repository connect s3`. */
  readonly flags: readonly string[];
  /** Keys of the bucket. */
  readonly keys: Readonly<Record<string, string>>;
  /** Those and the password of the repository. */
  readonly env: Readonly<Record<string, string>>;
}

/** A part of a bucket of `rig`, maybe behind a proxy, as the command is told of it. */
export function cliBucket(
  rig: S3Access,
  place: { readonly bucket: string; readonly prefix: string; readonly endpoint?: string },
): CliBucket {
  const { bucket, prefix, endpoint = rig.endpoint } = place;
  const keys = { AWS_ACCESS_KEY_ID: rig.accessKey, AWS_SECRET_ACCESS_KEY: rig.secretKey };
  return {
    flags: [
      `--bucket=${bucket}`,
      `--prefix=${prefix}`,
      `--endpoint=${endpoint}`,
      `--region=${rig.region}`,
      '--disable-tls',
    ],
    keys,
    env: { HOLDFAST_PASSWORD: 'correct horse', ...keys },
  };
}

/** Makes a repository in the bucket and connects `cli` to it. */
export async function createInBucket(cli: CliProcess, { flags, env }: CliBucket): Promise<CliResult> {
  return await cli.run(['repository', 'create', 's3', ...flags], { env });
}
