import { cliBucket } from './cli-bucket.ts';
import { type Cloud, KINDS, xml } from './cloud.ts';
import { s3Connection, type S3Rig } from './s3-rig.ts';

/** The cloud of a server that speaks S3. */
export function s3Cloud(rig: S3Rig): Cloud {
  return {
    upstream: rig.endpoint,
    createBucket: (name) => rig.createBucket(name),
    location: (bucket, prefix, endpoint) => ({
      type: 's3',
      config: { ...s3Connection(rig, bucket), prefix, endpoint },
    }),
    env: () => ({}),
    holdfast: (bucket, prefix) => {
      const { flags, keys } = cliBucket(rig, { bucket, prefix });
      return { args: ['s3', ...flags], env: keys };
    },
    kopia: (bucket, prefix) => ({
      args: ['s3', `--bucket=${bucket}`, `--prefix=${prefix}`, `--endpoint=${rig.endpoint}`, '--disable-tls'],
      env: { AWS_ACCESS_KEY_ID: rig.accessKey, AWS_SECRET_ACCESS_KEY: rig.secretKey },
    }),
    kindOf: ({ method, url }) => (url.includes('list-type=2') ? 'list' : KINDS[method]),
    denied: xml(403, 'AccessDenied'),
    expired: xml(400, 'ExpiredToken'),
    stop: () => rig.stop(),
  };
}
